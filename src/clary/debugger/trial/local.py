"""The files of a trial in a folder. Maps files into memory, and lists a folder again only after a change."""

from __future__ import annotations

import mmap
import os
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ..tensors.layout import END_MARKER, STEPS_PER_INDEX_FOLDER, parse_collections_file, parse_step_file
from .errors import NoTrial

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .files import Span

MAX_MAPPED = 64
SETTLED_AFTER_S = 2.0
"""A folder's modification time has a coarse resolution: two changes in short succession may have the same
time. So a listing counts as up to date only if the last change was this long ago."""


class LocalFiles:
    """Implements Files for a folder."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(os.path.expanduser(root))
        self._folders: dict[str, _FolderListing] = {}
        self._mapped: OrderedDict[str, Any] = OrderedDict()

    def check(self) -> None:
        if not os.path.isdir(self.root):
            raise NoTrial(f"{self.root} is not a folder")

    def ended(self) -> bool:
        # Any name that begins with the marker's name counts, as in S3Files, which lists by prefix.
        return os.path.exists(self.locate(END_MARKER)) or any(
            name.startswith(END_MARKER) for name in self._names("")
        )

    def new_index_files(self, first_open_step: int) -> list[str]:
        new = []
        first_folder = f"{first_open_step // STEPS_PER_INDEX_FOLDER:09d}"
        for name in sorted(self._names("index")):
            if name >= first_folder:
                path = "index/" + name
                folder = self._folders.setdefault(path, _FolderListing(self.locate(path)))
                new += [path + "/" + file for file in folder.new_names() if parse_step_file("/" + file)]
        return new

    def collections_files(self) -> list[tuple[str, str]]:
        found = []
        for name in sorted(self._names("collections/000000000")):
            if parse_collections_file(name) is not None:
                path = "collections/000000000/" + name
                status = os.stat(self.locate(path))
                found.append((path, f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"))
        return found

    def event_files_after(self, path: str) -> Iterable[str]:
        step = path.split("/")[1]
        for folder in sorted(self._names("events")):
            if folder >= step:
                for name in sorted(self._names("events/" + folder)):
                    found = f"events/{folder}/{name}"
                    if found > path and parse_step_file(found) is not None:
                        yield found

    def read(self, paths: Sequence[str]) -> list[bytes]:
        contents = []
        for path in paths:
            with open(self.locate(path), "rb") as file:
                contents.append(file.read())
        return contents

    def read_spans(self, path: str, spans: Sequence[Span]) -> list[Any]:
        view = memoryview(self._map(path))
        return [view[start : start + length] for start, length in spans]

    def locate(self, path: str) -> str:
        return os.path.join(self.root, path)

    def _names(self, folder: str) -> list[str]:
        try:
            return os.listdir(self.locate(folder))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _map(self, path: str) -> Any:
        mapped = self._mapped.pop(path, None)
        if mapped is None:
            with open(self.locate(path), "rb") as file:
                empty = os.fstat(file.fileno()).st_size == 0
                mapped = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if len(self._mapped) >= MAX_MAPPED:
                # Drop the reference but do not close the map: arrays may still be views of it.
                self._mapped.popitem(last=False)
        self._mapped[path] = mapped
        return mapped


class _FolderListing:
    """The names in one folder. Returns each name once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._returned: set[str] = set()
        self._settled_ns = -1

    def new_names(self) -> list[str]:
        """The names that no earlier call returned, sorted. Empty for a folder that does not exist."""
        try:
            changed_ns = os.stat(self._path).st_mtime_ns
            if changed_ns == self._settled_ns:
                return []
            names = os.listdir(self._path)
        except FileNotFoundError:
            return []
        if abs(time.time() - changed_ns / 1e9) > SETTLED_AFTER_S:
            self._settled_ns = changed_ns
        new = sorted(set(names) - self._returned)
        # Do not remember temporary names: they disappear soon, and the set would only grow.
        self._returned.update(name for name in new if parse_step_file("/" + name) is not None)
        return new
