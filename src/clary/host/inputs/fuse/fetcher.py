"""Fetches segments of files by ranged reads, in a few threads.

    read by the user now ── first ──┐
                                    ├── neighbours in one range ── thread ── its connection
    read ahead ──────────── then ───┘

Who waits for a segment is told in the thread that fetched it, so no thread waits for another. A server that
is away is asked until it is back, and the readers wait as long.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ...client.objects import ObjectChanged
from ...errors import ClientError, out_of_space
from .segments import SEGMENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...client.objects import ObjectSource
    from .segments import NewSegment, Segment, Segments
    from .tree import File

THREADS = 8
LONGEST_RANGE = 4
"""Segments of one request."""
MOST_WAITING = 256
"""Segments that are asked for ahead and not fetched yet; the oldest ones are forgotten."""
MOST_FLAWS_SAID = 20
URL_S = 2700.0
"""How long the URL of an object is used: the server signs it for an hour."""


class Waiter(Protocol):
    def arrived(self, index: int, segment: Segment) -> None: ...

    def failed(self) -> None: ...


@dataclass(slots=True)
class _Wanted:
    """A segment that is to come. taken: a thread fetches it."""

    waiters: list[Waiter] = field(default_factory=list)
    taken: bool = False


class Closed(Exception):
    pass


_Key = tuple["File", int]


class Fetcher:
    def __init__(
        self,
        source: ObjectSource,
        segments: Segments,
        say: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """source: forked for each thread. say: writes into the job's log."""
        self._source = source
        self._segments = segments
        self._say = say
        self._clock = clock
        self._listed_at = clock()
        self._located_at: dict[int, float] = {}
        self._wanted: dict[_Key, _Wanted] = {}
        self._now: deque[_Key] = deque()
        self._ahead: deque[_Key] = deque()
        self._idle = 0
        self._threads = 0
        self._said: set[str] = set()
        self._closed = False
        self._change = threading.Condition()

    def fetch(self, file: File, indexes: Iterable[int], waiter: Waiter) -> None:
        """Fetches segments for somebody who waits for them."""
        with self._change:
            for index in indexes:
                wanted = self._wanted.setdefault((file, index), _Wanted())
                wanted.waiters.append(waiter)
                if not wanted.taken:
                    self._now.append((file, index))
            self._wake()

    def fetch_ahead(self, file: File, indexes: range) -> None:
        """Fetches segments that will probably be read soon."""
        with self._change:
            for index in indexes:
                if (file, index) not in self._wanted:
                    self._wanted[file, index] = _Wanted()
                    self._ahead.append((file, index))
            while len(self._ahead) > MOST_WAITING:
                self._forget(self._ahead.popleft())
            self._wake()

    def forget(self, file: File) -> None:
        """Fetches nothing ahead of a file that nobody has open any more."""
        with self._change:
            kept = deque(key for key in self._ahead if key[0] is not file)
            for key in self._ahead:
                if key[0] is file:
                    self._forget(key)
            self._ahead = kept

    def close(self) -> None:
        """Ends the threads as soon as they notice; whoever waits is told at once."""
        with self._change:
            self._closed = True
            waiting = [waiter for wanted in self._wanted.values() for waiter in wanted.waiters]
            self._wanted.clear()
            self._change.notify_all()
        for waiter in waiting:
            waiter.failed()

    def _forget(self, key: _Key) -> None:
        wanted = self._wanted.get(key)
        if wanted is not None and not wanted.taken and not wanted.waiters:
            del self._wanted[key]

    def _wake(self) -> None:
        if self._idle:
            self._change.notify(len(self._now) + len(self._ahead))
        elif self._threads < THREADS and not self._closed:
            self._threads += 1
            threading.Thread(
                target=self._run, args=(self._source.fork(),), name="ranges", daemon=True
            ).start()

    def _run(self, source: ObjectSource) -> None:
        try:
            while (run := self._take()) is not None:
                self._fetch(*run, source)
        finally:
            source.close()

    def _take(self) -> tuple[File, int, int] | None:
        """Waits for something to fetch. Returns None at the end."""
        with self._change:
            while not self._closed:
                if (run := self._next()) is not None:
                    if self._now or self._ahead:
                        self._wake()
                    return run
                self._idle += 1
                self._change.wait()
                self._idle -= 1
        return None

    def _next(self) -> tuple[File, int, int] | None:
        """Takes a range of segments, the most urgent first: (file, first, stop)."""
        for waiting in (self._now, self._ahead):
            while waiting:
                file, first = waiting.popleft()
                wanted = self._wanted.get((file, first))
                if wanted is None or wanted.taken:
                    continue
                wanted.taken = True
                stop = first + 1
                while stop - first < LONGEST_RANGE:
                    following = self._wanted.get((file, stop))
                    if following is None or following.taken:
                        break
                    following.taken = True
                    stop += 1
                return file, first, stop
        return None

    def _fetch(self, file: File, first: int, stop: int, source: ObjectSource) -> None:
        while first < stop and (found := self._segments.find(file, first)) is not None:
            self._arrived(file, first, found)  # another host of this node was quicker
            first += 1
        if first == stop:
            return
        arriving = _ArrivingRange(self, file, first)
        try:
            if file.flaw:
                raise ClientError(file.flaw)
            self._locate(file, source)
            wanted = range(first * SEGMENT_BYTES, min(stop * SEGMENT_BYTES, file.size_bytes))
            source.read_range(file.bucket, file.item, wanted, arriving.take)
        except Closed:
            arriving.abandon()
        except (ClientError, OSError) as error:
            arriving.abandon()
            if isinstance(error, OSError) and out_of_space(error) and self._segments.without_cache():
                self._say("Clary: the disk of this node is full. What FastFile reads is not kept there.")
                self._fetch(file, arriving.index, stop, source)
                return
            self._failed(file, arriving.index, stop, error)

    def _locate(self, file: File, source: ObjectSource) -> None:
        """Asks anew for the URL of an object when the one it has ends soon. Raises ClientError."""
        now = self._clock()
        if not file.item.url or now - self._located_at.get(file.node, self._listed_at) < URL_S:
            return
        current = source.current(file.bucket, file.item.key)
        if (current.etag, current.size_bytes) != (file.item.etag, file.item.size_bytes):
            raise ObjectChanged(f"{file.uri} was replaced")
        file.item = current
        self._located_at[file.node] = now

    def begin(self, file: File, index: int) -> NewSegment:
        if self._closed:
            raise Closed
        return self._segments.begin(file, index)

    def abandon(self, new: NewSegment) -> None:
        self._segments.abandon(new)

    def complete(self, file: File, new: NewSegment) -> None:
        self._arrived(file, new.index, self._segments.complete(file, new))

    def _arrived(self, file: File, index: int, segment: Segment) -> None:
        with self._change:
            wanted = self._wanted.pop((file, index), None)
        for waiter in wanted.waiters if wanted is not None else ():
            waiter.arrived(index, segment)

    def _failed(self, file: File, first: int, stop: int, error: Exception) -> None:
        with self._change:
            lost = [self._wanted.pop((file, index), None) for index in range(first, stop)]
        if not file.flaw:
            self._say_flaw(file, error)
        for wanted in lost:
            for waiter in wanted.waiters if wanted is not None else ():
                waiter.failed()

    def _say_flaw(self, file: File, error: Exception) -> None:
        if isinstance(error, ObjectChanged):
            file.flaw = (
                f"{file.uri} was replaced or deleted since the job started, so the rest of it can't be read. "
                "Write a new version to a key of its own while jobs read the old one."
            )
        text = file.flaw or str(error)
        with self._change:
            is_new = text not in self._said and len(self._said) < MOST_FLAWS_SAID
            if is_new:
                self._said.add(text)
        if is_new:
            self._say(f"Clary: a read of a FastFile channel failed (EIO): {text}")


class _ArrivingRange:
    """Divides the bytes of a range into segments. index: the first one that is not complete."""

    def __init__(self, fetcher: Fetcher, file: File, first: int) -> None:
        self.index = first
        self._fetcher = fetcher
        self._file = file
        self._new: NewSegment | None = None
        self._left = 0

    def take(self, piece: memoryview) -> None:
        while piece:
            if self._new is None:
                self._new = self._fetcher.begin(self._file, self.index)
                self._left = min(SEGMENT_BYTES, self._file.size_bytes - self.index * SEGMENT_BYTES)
            part = piece[: self._left]
            self._new.write(part)
            piece = piece[len(part) :]
            self._left -= len(part)
            if not self._left:
                complete, self._new = self._new, None
                self._fetcher.complete(self._file, complete)
                self.index += 1

    def abandon(self) -> None:
        if self._new is not None:
            self._fetcher.abandon(self._new)
            self._new = None
