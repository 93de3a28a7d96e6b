"""The content of all objects: large ones in files, small ones in rows.

    blob             where                     removed
    ab12... (hex)    <root>/ab/12...           after the commit, in the background
    #17              row 17 of ``contents``    in the transaction that removes its object

The rows of objects, versions and parts have ``blob``. Parts of uploads are always in files.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .content_rows import copy_content, delete_content, find_content, is_in_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from .blob_files import BlobFiles
    from .database import Database
    from .object_changes import Remove
    from .row_copies import RowCopies

log = logging.getLogger("clary.store")


class ObjectContents:
    """Content by the name that rows of objects have of it. Safe to use from any thread."""

    def __init__(self, database: Database, files: BlobFiles, copies: RowCopies) -> None:
        self.files = files
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
                else:
                    remove_file(blob)

            yield connection, remove

    @contextmanager
    def duplicate(self, blob: str) -> Iterator[Callable[[Connection], str]]:
        """Duplicates content: the block calls the function in its transaction, which returns the new name.

        The duplicate is removed when the block raises. Raises FileNotFoundError when ``blob`` is removed.
        """
        if is_in_row(blob):
            yield lambda connection: copy_content(connection, blob)
            return
        copy = self.files.duplicate(blob)
        try:
            yield lambda _: copy
        except BaseException:
            self.files.discard(copy)
            raise
        self.files.journal.settle(copy)

    def open(self, connection: Connection, blob: str) -> int | bytes:
        """Returns a file descriptor, or the content of a row. Raises FileNotFoundError when it is removed."""
        if not is_in_row(blob):
            return os.open(self.files.name(blob), os.O_RDONLY | os.O_CLOEXEC)
        content = find_content(connection, blob)
        if content is None:
            raise FileNotFoundError(f"the content {blob} is deleted")
        return content

    def path(self, blob: str) -> Path | None:
        """Returns a file with the content; a copy if it is in a row. None when there can't be one."""
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


def _forget(copies: RowCopies, blob: str) -> Callable[[], None]:
    return lambda: copies.forget(blob)
