"""Downloads objects to files: many small ones at a time, large ones in ranges, over kept connections.

    objects ──> begun by whichever thread is free ──> ranges of 16 MiB ──┬── thread ── its connection
                                                                         ├── thread ── ...
                                                                         └── thread

Each thread has an object of its own as long as there are enough, and then helps where the fewest are: a file
system lets one thread at a time write to a file, and those that wait use CPU. A thread holds one buffer,
whatever the sizes. Each range names the ETag that was listed, so no file has bytes of two objects: one that
was replaced meanwhile is begun again. What has arrived is compared with the checksum that the server knows: a
CRC32, or an MD5 in the ETag of an object that is one range.
"""

from __future__ import annotations

import errno
import hashlib
import re
import threading
import time
import zlib
from collections import deque
from typing import TYPE_CHECKING, Protocol

from ..client.checksum import ranges_of
from ..client.objects import ObjectChanged
from ..errors import ClientError
from ..threads import in_threads
from .file_writes import write_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..client.objects import ObjectSource
    from ..client.s3 import Listed

RANGE_BYTES = 16 << 20
THREADS = 8
_TRIES = 3
_LOOK_EVERY_S = 0.05
_MD5 = re.compile(r"[0-9a-f]{32}")


class Target(Protocol):
    """The file of one object. Its methods are called by one thread at a time."""

    def begin(self, item: Listed) -> int | None:
        """Returns a descriptor to write to, empty; None when the file is complete already.

        Raises Busy when another process writes it now. Called again for each try.
        """
        ...

    def complete(self, descriptor: int) -> None:
        """Called when all bytes are written. Closes the descriptor."""
        ...

    def abandon(self, descriptor: int) -> None:
        """Called instead of ``complete``. Closes the descriptor."""
        ...


class Busy(Exception):
    pass


class Download:
    """One object on its way to its file."""

    def __init__(self, bucket: str, item: Listed, target: Target) -> None:
        self.bucket = bucket
        self.item = item
        self.target = target
        self.tries = 0
        self.descriptor = -1
        self.ranges: list[range] = []
        self.values: list[int] = []
        self.digest = ""
        self.left = 0
        self.given = 0
        """How many ranges threads have taken."""
        self.flaw: Exception | None = None
        """Why it has to be begun again."""

    def begin(self) -> bool:
        """Opens the file. Returns False when it is complete already. Raises Busy."""
        descriptor = self.target.begin(self.item)
        if descriptor is None:
            return False
        self.descriptor = descriptor
        self.tries += 1
        self.ranges = ranges_of(self.item.size_bytes, self.item.checksum, RANGE_BYTES)
        self.values = [0] * len(self.ranges)
        self.digest, self.flaw = "", None
        self.left, self.given = len(self.ranges), 0
        return True

    def fetch(self, index: int, source: ObjectSource, work: Work) -> None:
        """Writes one range into the file. Raises ClientError and OSError."""
        position, value = self.ranges[index].start, 0
        md5 = hashlib.md5(usedforsecurity=False) if self._has_md5 else None

        def take(piece: memoryview) -> None:
            nonlocal position, value
            if work.stopped:
                raise Stopped
            write_at(self.descriptor, piece, position)
            position += len(piece)
            if md5 is not None:
                md5.update(piece)
            else:
                value = zlib.crc32(piece, value)

        if self.flaw is None and self.ranges[index]:
            source.read_range(self.bucket, self.item, self.ranges[index], take)
        self.values[index] = value
        self.digest = md5.hexdigest() if md5 is not None else ""

    def end(self) -> bool:
        """Compares what has arrived and completes the file. Returns False when it has to be begun again."""
        if self.flaw is None and not self._is_whole:
            name = f"s3://{self.bucket}/{self.item.key}"
            self.flaw = OSError(errno.EIO, f"{name} arrived damaged: its checksum is another one")
        descriptor, self.descriptor = self.descriptor, -1
        if self.flaw is not None:
            self.target.abandon(descriptor)
            return False
        self.target.complete(descriptor)
        return True

    def abandon(self) -> None:
        if self.descriptor >= 0:
            self.target.abandon(self.descriptor)
            self.descriptor = -1

    @property
    def threads(self) -> int:
        """How many fetch a range of it now."""
        return self.given - (len(self.ranges) - self.left)

    @property
    def _has_md5(self) -> bool:
        alone = len(self.ranges) == 1 and self.item.checksum is None
        return alone and _MD5.fullmatch(self.item.etag) is not None

    @property
    def _is_whole(self) -> bool:
        if self._has_md5:
            return self.digest == self.item.etag
        checksum = self.item.checksum
        return checksum is None or checksum.is_of(self.ranges, self.values)


class Stopped(Exception):
    """Another thread has failed, or the job was stopped."""


class Work:
    """What the threads have to do. A thread that is done with a range asks for the next one."""

    def __init__(self, downloads: Iterable[Download]) -> None:
        self.stopped = False
        self._waiting = deque(downloads)
        self._busy: deque[Download] = deque()
        self._begun: list[Download] = []
        """With ranges that no thread has taken. At most one for each thread."""
        self._opening = 0
        self._lock = threading.Lock()
        self._opened = threading.Condition(self._lock)

    def stop(self) -> None:
        self.stopped = True

    def run(self, source: ObjectSource) -> None:
        """Downloads until nothing is left to begin. Called in each thread."""
        mine: Download | None = None
        while not self.stopped:
            part = (
                (self._next_range(mine) if mine is not None else None)
                or self._next_object(self._waiting)
                or self._next_range()
                or self._next_object(self._busy)
            )
            if part is None:
                if self._more_begun():
                    continue
                return
            mine, index = part
            if index >= 0:
                self._fetch(mine, index, source)

    def _next_range(self, download: Download | None = None) -> tuple[Download, int] | None:
        """Returns the next range of a download, or of the one with the fewest threads."""
        with self._lock:
            if download is None:
                download = min(self._begun, key=lambda each: each.threads, default=None)
            if download not in self._begun:
                return None
            index = download.given
            download.given += 1
            if download.given == len(download.ranges):
                self._begun.remove(download)
            return download, index

    def _next_object(self, objects: deque[Download]) -> tuple[Download, int] | None:
        """Begins the next object, and returns it with its first range; -1 when there is nothing to fetch."""
        with self._lock:
            if not objects:
                return None
            download = objects.popleft()
            self._opening += 1
        begun = only_busy = False
        try:
            begun = download.begin()
        except Busy:
            with self._lock:
                self._busy.append(download)
                only_busy = not self._waiting and not self._begun
        finally:
            with self._opened:
                self._opening -= 1
                if begun:  # otherwise another thread may have it by now
                    download.given = 1
                    if len(download.ranges) > 1:
                        self._begun.append(download)
                self._opened.notify_all()
        if only_busy:
            time.sleep(_LOOK_EVERY_S)
        return download, 0 if begun else -1

    def _more_begun(self) -> bool:
        """Waits while other threads open files. Returns whether there are ranges then, or more to open."""
        with self._opened:
            self._opened.wait_for(lambda: not self._opening or self._begun)
            return bool(self._begun or self._waiting or self._busy)

    def _fetch(self, download: Download, index: int, source: ObjectSource) -> None:
        try:
            download.fetch(index, source, self)
        except ObjectChanged as change:
            download.flaw = change
        except BaseException:
            self.stop()
            raise
        finally:
            with self._lock:
                download.left -= 1
                is_last = download.left == 0
                if self.stopped and is_last:
                    download.abandon()
        if not is_last or self.stopped or download.end():
            return
        assert download.flaw is not None
        if download.tries >= _TRIES:
            changes = isinstance(download.flaw, ObjectChanged)
            raise (
                source.keeps_changing(download.bucket, download.item.key) if changes else download.flaw
            ) from download.flaw
        download.item = source.current(download.bucket, download.item.key)
        with self._lock:
            self._waiting.append(download)


def download_all(downloads: list[Download], source: ObjectSource) -> None:
    """Downloads all. Raises ClientError and OSError; the rest is abandoned then."""
    work = Work(downloads)
    ranges = sum(max(1, -(-each.item.size_bytes // RANGE_BYTES)) for each in downloads)

    def run(mine: ObjectSource) -> None:
        try:
            work.run(mine)
        except Stopped:
            return

    try:
        in_threads(min(THREADS, ranges), run, source, work.stop)
    except (ClientError, OSError):
        # All threads have ended. After a stop they may still write, so their files stay open then.
        for each in downloads:
            each.abandon()
        raise
