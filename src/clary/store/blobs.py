"""The S3 part of the store: buckets, objects, uploads in parts, and the files with their content.

    <root>/ab/cdef...      content of large objects, one file for each, with random names
    <root>/journal/*.log   which of those files may be orphans (``blob_journal``)
    <root>/copies/...      files of small objects that somebody needs a path of (``row_copies``)
    <root>/backing/...     of content in the S3 behind Clary (``backing``): pieces on their way, a cache
    database               everything else: keys in byte order, attributes, parts, content of small objects

The rules of S3 and its errors are in ``services/s3``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from .blob_files import BlobFiles
from .blob_journal import BlobJournal, abandoned
from .buckets import Buckets
from .content_rows import SMALL_BYTES
from .object_contents import ObjectContents
from .objects import Objects
from .row_copies import FOLDER, RowCopies
from .schema import object_versions, objects, parts, uploads
from .staging import BlobWriter
from .uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from .backing.content import BackingContent
    from .database import Database
    from .object_rows import StoredObject


class BlobStore:
    """Buckets, objects and uploads. Safe to use from any thread. Implements S3Store."""

    is_far = False

    def __init__(
        self,
        root: Path,
        database: Database,
        *,
        small_bytes: int = SMALL_BYTES,
        copies: str = FOLDER,
        backing: BackingContent | None = None,
    ) -> None:
        """Opens the store, and removes the orphans of processes that died.

        small_bytes: the largest content that is kept in the database. copies: the name of a folder in
        ``root`` of this server alone. backing: where new large content goes in place of files; it is closed
        with the store.
        """
        root.mkdir(parents=True, exist_ok=True)
        self._database = database
        journals = root / "journal"
        self._files = BlobFiles(root, BlobJournal(journals), database.make_durable)
        self._recover(journals)
        self._small_bytes = small_bytes
        self._backing = backing
        self._contents = contents = ObjectContents(database, self._files, RowCopies(root, copies), backing)
        self.buckets = Buckets(database, contents)
        self.objects = Objects(database, contents)
        self.uploads = Uploads(database, contents)

    def stage(self, algorithms: Iterable[str] = ()) -> BlobWriter:
        """Returns a writer for the content of a new object. algorithms: checksums to compute."""
        return BlobWriter(self._contents.sink, algorithms, small_bytes=self._small_bytes)

    def goes_far(self, size_bytes: int | None, *, part: bool) -> bool:
        """Whether content of a size goes to another machine. part: of an upload. None: any size."""
        if self._backing is None:
            return False
        return part or size_bytes is None or size_bytes > self._small_bytes

    def local_path(self, stored: StoredObject) -> Path | None:
        """Returns a file with the whole content of an object. Read it or link it; never change it.

        None when the object has just been removed, the file can't be made, or the content is in the S3 behind
        Clary.
        """
        return self.objects.path(stored)

    def move(self, *, to_s3: bool, say: Callable[[int, int], None]) -> None:
        """Moves all content to the S3 behind Clary, or from there into files; see ``backing.moving``."""
        from .backing.moving import move_back, move_there

        assert self._backing is not None
        (move_there if to_s3 else move_back)(self._database, self._contents, self._backing, say)

    def drain(self) -> None:
        """Returns when the content of all objects deleted so far is gone."""
        self._files.drain()
        if self._backing is not None:
            self._backing.drain()

    def close(self) -> None:
        self._files.close()
        if self._backing is not None:
            self._backing.close()

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
    # There is no index by file name: this runs only after a crash, and an index would slow down every
    # write.
    found: set[str] = set()
    for table in (objects, object_versions, uploads, parts):
        rows = connection.execute(sa.select(table.c.blob)).yield_per(10_000)
        found.update(blob for (blob,) in rows if blob in names)
    return found
