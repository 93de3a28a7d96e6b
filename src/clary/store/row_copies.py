"""Files with the content of rows, for readers that need a path: a host links the objects of a channel.

They are made when a path is asked for, and removed with their object. They are not durable, so those of an
earlier process are removed when the store is opened.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
from typing import TYPE_CHECKING

from .blob_files import READ_ONLY

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "copies"


class RowCopies:
    """The copies below one root. Safe to use from any thread."""

    def __init__(self, root: Path, folder: str = FOLDER) -> None:
        """folder: of one server; others may have theirs below the same root."""
        self._root = root
        self._folder = root / folder
        self._remove_old()

    def find(self, blob: str) -> Path | None:
        path = self._path(blob)
        return path if path.exists() else None

    def make(self, blob: str, content: bytes) -> Path:
        """Creates the copy of a row, or replaces it. Raises OSError."""
        path = self._path(blob)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READ_ONLY), "wb") as file:
                file.write(content)
            # A reader never sees a part of it.
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        return path

    def forget(self, blob: str) -> None:
        """Removes the copy of a row, if there is one. Hard links to it stay."""
        # Its object is deleted already. A copy that can't be removed is only left until the next start.
        with contextlib.suppress(OSError):
            self._path(blob).unlink(missing_ok=True)

    def _path(self, blob: str) -> Path:
        number = blob.lstrip("#")
        return self._folder / number[-2:] / number

    def _remove_old(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._folder.replace(self._root / f"{self._folder.name}-{secrets.token_hex(4)}")
        old = list(self._root.glob(f"{self._folder.name}-*"))
        if old:
            # Unlinking 100,000 files would delay the start by seconds.
            threading.Thread(target=_remove_all, args=(old,), name="clary-old-copies", daemon=True).start()


def _remove_all(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
