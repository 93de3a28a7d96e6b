"""What was fetched, in segments of a megabyte: files of the node's cache, or of memory where there is none.

    file 7, segment 0 ── held: an open file ──────┐
    file 7, segment 1 ── in the node's cache only ┘ an object that is there whole needs no segments

A fixed number of segments is held. With a cache the others may be read again until they are removed for
room; without one they are gone. Bytes are read through the page cache, so that the agent has no copy.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from ..file_writes import write_at

if TYPE_CHECKING:
    from ..node_cache import NodeCache
    from .tree import File

SEGMENT_BYTES = 1 << 20
HELD = 128
"""At most so many MiB of memory without a cache."""
_WHOLE = -1


class Segment:
    """An open file. It is closed with its last user.

    start: the place of its first byte in the object.
    """

    __slots__ = ("descriptor", "start")

    def __init__(self, descriptor: int, start: int) -> None:
        self.descriptor = descriptor
        self.start = start

    def read(self, first: int, buffer: memoryview) -> None:
        """Fills a buffer with the bytes of the object from ``first`` on. Raises OSError."""
        if os.preadv(self.descriptor, [buffer], first - self.start) != len(buffer):
            raise OSError(errno.EIO, "a segment is shorter than it should be")

    def __del__(self) -> None:
        os.close(self.descriptor)


class Segments:
    """May be used by several threads at a time."""

    def __init__(self, cache: NodeCache | None) -> None:
        self._cache = cache
        self._held: OrderedDict[tuple[int, int], Segment] = OrderedDict()
        self._lock = threading.Lock()
        self._looked_for_whole: set[int] = set()
        # Each time that room is made, all files of the cache are looked at.
        self._batch_bytes = max(SEGMENT_BYTES, cache.limit_bytes // 16) if cache is not None else 0
        self._room_bytes = 0

    def find(self, file: File, index: int) -> Segment | None:
        with self._lock:
            for key in ((file.node, index), (file.node, _WHOLE)):
                if key in self._held:
                    self._held.move_to_end(key)
                    return self._held[key]
            is_new = file.node not in self._looked_for_whole
            self._looked_for_whole.add(file.node)
        if self._cache is None or not self._cache.takes_part_of(file.item):
            return None
        if is_new:
            whole = self._cache.open(file.bucket, file.item)
            if whole is not None:
                return self._hold(file, _WHOLE, Segment(whole, 0))
        found = self._cache.open(file.bucket, file.item, part_of(index))
        return None if found is None else self._hold(file, index, Segment(found, index * SEGMENT_BYTES))

    def begin(self, file: File, index: int) -> NewSegment:
        """Raises OSError."""
        cache = self._cache
        if cache is None or not cache.takes_part_of(file.item):
            return NewSegment(os.memfd_create("segment"), index)
        size = min(SEGMENT_BYTES, file.size_bytes - index * SEGMENT_BYTES)
        with self._lock:
            self._room_bytes -= size
            lacks_room = self._room_bytes < 0
            if lacks_room:
                self._room_bytes = self._batch_bytes - size
        if lacks_room:
            cache.make_room(self._batch_bytes)
        descriptor, path = cache.begin_part(file.bucket, file.item, part_of(index))
        return NewSegment(descriptor, index, path)

    def complete(self, file: File, new: NewSegment) -> Segment:
        if new.path and self._cache is not None:
            self._cache.publish_part(new.path, file.bucket, file.item, part_of(new.index))
        return self._hold(file, new.index, Segment(new.descriptor, new.index * SEGMENT_BYTES))

    def abandon(self, new: NewSegment) -> None:
        if new.path:
            os.unlink(new.path)
        os.close(new.descriptor)

    def without_cache(self) -> bool:
        """Goes on in memory, because the disk is full. Returns whether there was a cache."""
        had, self._cache = self._cache is not None, None
        return had

    def _hold(self, file: File, index: int, segment: Segment) -> Segment:
        with self._lock:
            self._held[file.node, index] = segment
            self._held.move_to_end((file.node, index))
            last = self._held.popitem(last=False)[1] if len(self._held) > HELD else None
        del last  # closed here, and not with the lock held
        return segment


class NewSegment:
    """A segment while it arrives. path: where it is until it is complete; empty for one in memory."""

    __slots__ = ("_done", "descriptor", "index", "path")

    def __init__(self, descriptor: int, index: int, path: str = "") -> None:
        self.descriptor = descriptor
        self.index = index
        self.path = path
        self._done = 0

    def write(self, piece: memoryview) -> None:
        """Raises OSError."""
        write_at(self.descriptor, piece, self._done)
        self._done += len(piece)


def part_of(index: int) -> str:
    """Returns the name of a segment in the node's cache."""
    return f"-{SEGMENT_BYTES}-{index}"
