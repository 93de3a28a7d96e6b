"""S3's side of the store: buckets, objects, uploads in parts, and the files their content lies in.

    <root>/ab/cdef...      content, one file an object, under names that say nothing
    <root>/journal/*.log   which of those files may belong to nobody (``blob_journal``)
    database               everything else: keys in byte order, attributes, parts

Policy-free: what S3 allows, and how it says no, is the business of ``services/s3``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from .blob_files import BlobFiles
from .blob_journal import BlobJournal, abandoned
from .buckets import Buckets
from .objects import Objects
from .schema import object_versions, objects, parts, uploads
from .staging import BlobWriter
from .uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from .database import Database
    from .object_rows import StoredObject


class BlobStore:
    """Everything about S3 objects that is remembered. Safe from any thread."""

    def __init__(self, root: Path, database: Database) -> None:
        """Opens the store, and removes what writers that died have left behind."""
        root.mkdir(parents=True, exist_ok=True)
        self._database = database
        journals = root / "journal"
        self._files = BlobFiles(root, BlobJournal(journals), self._make_commits_durable)
        self._recover(journals)
        self.buckets = Buckets(database, self._files)
        self.objects = Objects(database, self._files)
        self.uploads = Uploads(database, self._files)

    def stage(self, algorithms: Iterable[str] = ()) -> BlobWriter:
        """Where to write the content of an object to be; ``algorithms``: checksums to compute on the way."""
        blob, fd = self._files.create()
        return BlobWriter(self._files, blob, fd, algorithms)

    def local_path(self, stored: StoredObject) -> Path:
        """The one regular file with an object's whole content. Read it or link it; never change it."""
        return self.objects.path(stored)

    def drain(self) -> None:
        """Returns when the files of everything deleted so far are gone."""
        self._files.drain()

    def close(self) -> None:
        self._files.close()

    def _make_commits_durable(self) -> None:
        with self._database.read() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").all()

    def _recover(self, journals: Path) -> None:
        for journal, names in abandoned(journals):
            left = {name for name in names if _is_blob_name(name) and self._files.path(name).exists()}
            if left:
                with self._database.read() as connection:
                    left -= _named_by_rows(connection, left)
            for name in left:
                self._files.path(name).unlink(missing_ok=True)
            journal.unlink(missing_ok=True)


def _is_blob_name(name: str) -> bool:
    return len(name) == 32 and all(letter in "0123456789abcdef" for letter in name)


def _named_by_rows(connection: Connection, names: set[str]) -> set[str]:
    # There is no index by file: this runs only after a crash, and reading every row once takes less than
    # keeping one would cost all writes.
    found: set[str] = set()
    for table in (objects, object_versions, uploads, parts):
        rows = connection.execute(sa.select(table.c.blob)).yield_per(10_000)
        found.update(blob for (blob,) in rows if blob in names)
    return found
