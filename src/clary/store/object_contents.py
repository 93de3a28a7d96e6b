"""The content of all objects: large ones in files or in the S3 behind Clary, small ones in rows.

    blob             where                     removed
    ab12... (hex)    <root>/ab/12...           after the commit, in the background
    @ab12...         the S3 behind Clary       a minute after the commit
    #17              row 17 of ``contents``    in the transaction that removes its object

The rows of objects, versions and parts have ``blob``. Parts of uploads are never in rows.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .backing.failures import BackingRefused
from .blob_names import is_backing
from .content_rows import copy_content, delete_content, find_content, insert_content, is_in_row
from .file_sink import FileSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from .backing.content import BackingContent
    from .backing.parts import BackingParts
    from .backing.reading import BackingReader
    from .blob_files import BlobFiles
    from .database import Database
    from .object_changes import Remove
    from .row_copies import RowCopies
    from .staging import Sink, StagedBlob

log = logging.getLogger("clary.store")


class ObjectContents:
    """Content by the name that rows of objects have of it. Safe to use from any thread."""

    def __init__(
        self, database: Database, files: BlobFiles, copies: RowCopies, backing: BackingContent | None = None
    ) -> None:
        """backing: where new large content goes; None: to files."""
        self.files = files
        self.backing = backing
        self.backing_parts = None if backing is None else _parts(database, backing)
        self._database = database
        self._copies = copies

    @contextmanager
    def changing(self) -> Iterator[tuple[Connection, Remove]]:
        """A transaction, and a function that is given the content that no row of an object names any more."""
        with self.files.removal() as remove_file, self._database.write() as connection:

            def remove(blob: str) -> None:
                if is_in_row(blob):
                    delete_content(connection, blob)
                    self._database.after_commit(_forget(self._copies, blob))
                elif is_backing(blob):
                    self._behind(blob).remove(connection, blob)
                else:
                    remove_file(blob)

            yield connection, remove

    def sink(self) -> Sink:
        """Returns a place for new large content."""
        if self.backing is None:
            return FileSink.in_new_file(self.files)
        from .backing.sinks import ContentSink

        return ContentSink(self.backing)

    def name_in(self, connection: Connection, staged: StagedBlob) -> str:
        """Returns the name of staged content for a row of this transaction."""
        if not staged.blob:
            return insert_content(connection, staged.content)
        staged.settle(connection)
        return staged.blob

    def settle(self, connection: Connection, blob: str) -> None:
        """In the transaction of the row that names new content: there is no doubt about it any more."""
        if is_backing(blob):
            self._behind(blob).settle(connection, blob)

    @contextmanager
    def duplicate(self, blob: str, size: int) -> Iterator[Callable[[Connection], str]]:
        """Duplicates content: the block calls the function in its transaction, which returns the new name.

        The duplicate is removed when the block raises. Raises FileNotFoundError when ``blob`` is removed.
        """
        if is_in_row(blob):
            yield lambda connection: copy_content(connection, blob)
            return
        if is_backing(blob):
            backing = self._behind(blob)
            with backing.duplicate(blob, size) as copy:

                def settled(connection: Connection) -> str:
                    backing.settle(connection, copy)
                    return copy

                yield settled
            return
        copy = self.files.duplicate(blob)
        try:
            yield lambda _: copy
        except BaseException:
            self.files.discard(copy)
            raise
        self.files.journal.settle(copy)

    def open(self, connection: Connection, blob: str, size: int) -> int | bytes | BackingReader:
        """Returns a file descriptor, the content of a row, or a reader of the S3 behind Clary.

        Raises FileNotFoundError when it is removed.
        """
        if is_backing(blob):
            return self._behind(blob).open(blob, size)
        if not is_in_row(blob):
            return os.open(self.files.name(blob), os.O_RDONLY | os.O_CLOEXEC)
        content = find_content(connection, blob)
        if content is None:
            raise FileNotFoundError(f"the content {blob} is deleted")
        return content

    def url(self, blob: str) -> str:
        """Returns where anybody may read the content for an hour; empty for content that is only here."""
        return self._behind(blob).url(blob) if is_backing(blob) else ""

    def path(self, blob: str) -> Path | None:
        """Returns a file with the content; a copy if it is in a row. None when there can't be one."""
        if is_backing(blob):
            return None
        if not is_in_row(blob):
            return self.files.path(blob)
        found = self._copies.find(blob)
        if found is not None:
            return found
        with self._database.read() as connection:
            content = find_content(connection, blob)
        if content is None:
            return None
        try:
            return self._copies.make(blob, content)
        except OSError as error:
            log.warning("could not make a file of the content %s: %s", blob, error)
            return None

    def not_here(self, blob: str) -> BackingRefused:
        return BackingRefused(f"the content {blob} is in an S3, and CLARY_S3 does not say where that is")

    def _behind(self, blob: str) -> BackingContent:
        if self.backing is None:
            raise self.not_here(blob)
        return self.backing


def _parts(database: Database, backing: BackingContent) -> BackingParts:
    from .backing.parts import BackingParts

    return BackingParts(database, backing)


def _forget(copies: RowCopies, blob: str) -> Callable[[], None]:
    return lambda: copies.forget(blob)
