"""The files of a trial, through the door. Of large files nothing is read, of too many only some."""

from __future__ import annotations

import mmap
import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from clary.debugger.tensors.layout import END_MARKER, index_folder, parse_collections_file, parse_step_file

from .door import TENSORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clary.debugger.trial.files import Span

    from .door import Door, ObjectEntry

MOST_INDEX_BYTES = 32 << 20
MOST_COLLECTIONS_BYTES = 16 << 20
FIRST_INDEX_BYTES = 192 << 20
"""So much is read of the index files that are there at first: of a part of the steps if they are more."""

ALL_INDEX_BYTES = 512 << 20
MOST_INDEX_FILES = 50_000
MAPPED = 32


class TensorFiles:
    """Implements Files. left_out: how many index files were passed over."""

    def __init__(self, door: Door) -> None:
        self.root = "the saved tensors"
        self.left_out = 0
        self._door = door
        self._returned: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._bytes = self._count = 0
        self._stride = 0
        self._mapped: OrderedDict[str, Any] = OrderedDict()

    def check(self) -> None: ...

    def ended(self) -> bool:
        return any(True for _ in self._door.list(TENSORS, END_MARKER))

    def new_index_files(self, first_open_step: int) -> list[str]:
        after = f"{index_folder(first_open_step)}/{first_open_step:012d}"
        new = [
            found
            for found in self._door.list(TENSORS, "index/", after)
            if found.path not in self._returned and parse_step_file(found.path) is not None
        ]
        self._returned = {path for path in self._returned if path > after}
        self._returned.update(found.path for found in new)
        taken = self._within_bounds(new)
        self.left_out += len(new) - len(taken)
        return [found.path for found in taken]

    def collections_files(self) -> list[tuple[str, str]]:
        return [
            (path, etag)
            for path, _, etag in self._door.list(TENSORS, "collections/000000000/")
            if parse_collections_file(path) is not None
        ]

    def event_files_after(self, path: str) -> Iterable[str]:
        return ()

    def read(self, paths: Sequence[str]) -> list[bytes]:
        return [self._read(path) for path in paths]

    def read_spans(self, path: str, spans: Sequence[Span]) -> list[Any]:
        view = memoryview(self._map(path))
        # A negative offset would count from the end.
        return [view[max(start, 0) : max(start, 0) + max(length, 0)] for start, length in spans]

    def locate(self, path: str) -> str:
        return path

    def _within_bounds(self, new: list[ObjectEntry]) -> list[ObjectEntry]:
        """The files of some steps, evenly over all, if those of all are too many. The last step stays."""
        size = sum(found.size for found in new)
        if not self._stride:
            self._stride = max(1, -(-size // FIRST_INDEX_BYTES), -(-len(new) // MOST_INDEX_FILES))
        elif self._bytes + size > ALL_INDEX_BYTES or self._count + len(new) > 2 * MOST_INDEX_FILES:
            return []
        steps = sorted({_step(found) for found in new})
        kept = set(steps[:: self._stride]) | set(steps[-1:])
        taken = [found for found in new if _step(found) in kept and found.size <= MOST_INDEX_BYTES]
        self._bytes += sum(found.size for found in taken)
        self._count += len(taken)
        return taken

    def _read(self, path: str) -> bytes:
        most = MOST_COLLECTIONS_BYTES if path.startswith("collections/") else MOST_INDEX_BYTES
        try:
            return self._door.read(TENSORS, path, most)
        except ValueError:
            # The reader reports a file that it can't understand, and goes on.
            return b"too large"

    def _map(self, path: str) -> Any:
        mapped = self._mapped.pop(path, None)
        if mapped is None:
            mapped, fd, size = self._door.open(TENSORS, path)
            if mapped is None:
                try:
                    mapped = mmap.mmap(fd, size, access=mmap.ACCESS_READ) if size else b""
                finally:
                    os.close(fd)
            if len(self._mapped) >= MAPPED:
                self._mapped.popitem(last=False)
        self._mapped[path] = mapped
        return mapped


def _step(found: ObjectEntry) -> int:
    parsed = parse_step_file(found.path)
    return -1 if parsed is None else parsed.step
