"""Uploads files of user code: many small ones at a time, a large one in many parts at a time.

A file that can't be uploaded is named in the log; others are not lost.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from typing import TYPE_CHECKING

from ..client.connection import FileChanged
from ..client.multipart import SINGLE_PUT_BYTES, THREADS, upload_file
from ..client.s3 import S3Uri
from ..client.service import ServiceError
from ..threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..client.objects import ObjectSource

MAX_KEY_BYTES = 1024
MOST_TOLD = 20
MOST_OPEN = 64
"""Large files that wait until the small ones are sent. Further ones are sent among them."""
_BLOCK_BYTES = 512
# The answer of S3 when the file changed between its digest and its bytes.
_CHANGED = ("XAmzContentSHA256Mismatch", "BadDigest", "IncompleteBody")


def put(source: ObjectSource, uri: S3Uri, descriptor: int, *, threads: int = THREADS) -> None:
    """Uploads one open file. Raises ClientError when the role has no access, FileChanged when it changes."""
    try:
        upload_file(source, uri.bucket, uri.key, descriptor, threads=threads)
    except ServiceError as error:
        if error.code in _CHANGED:
            raise FileChanged(uri.key) from error
        raise source.trouble(error, uri, "s3:PutObject") from error


class Delivery:
    """Uploads from one folder to one location in S3. For one thread at a time."""

    def __init__(self, source: ObjectSource, uri: S3Uri, folder: str, say: Callable[[str], object]) -> None:
        """uri: the names of files are appended to its key. folder: its name in the job's log."""
        self._unwritten = 0
        self._names_of: set[tuple[int, int]] = set()
        self._source = source
        self._uri = uri
        self._folder = folder
        self._say = say
        self._told: set[str] = set()

    def send(
        self, relative: str, open_file: Callable[[], int], *, again: bool = False
    ) -> os.stat_result | None:
        """Uploads one file; returns its status, or None when it was not sent.

        open_file: returns a descriptor, or raises OSError. again: the caller tries again later, so that a
        file that changes while it is sent is not named in the log. Raises ClientError and OSError for what
        concerns all files: a role without access, a full disk.
        """
        opened = self._open(relative, open_file)
        if opened is None:
            return None
        descriptor, status = opened
        return status if self._put(self._source, relative, descriptor, again) else None

    def send_all(
        self,
        files: Iterable[tuple[str, Callable[[], int]]],
        on_sent: Callable[[str], object],
        *,
        again: bool = False,
    ) -> None:
        """Uploads files as ``send`` does, several at a time.

        files: their relative names and how they are opened, before the next one is asked for. on_sent: called
        for each that was sent, by one thread at a time. Raises ClientError and OSError.
        """
        large: deque[tuple[str, int]] = deque()
        opened = self._opened(files, large)
        turn, stop = threading.Lock(), threading.Event()
        first = deque(itertools.islice(opened, 2))  # one file needs no threads
        threads = THREADS if len(first) > 1 else 1

        def run(mine: ObjectSource) -> None:
            while not stop.is_set():
                with turn:
                    found = first.popleft() if first else next(opened, None)
                if found is None:
                    return
                if self._put(mine, *found, again, turn, threads=1):
                    with turn:
                        on_sent(found[0])

        try:
            in_threads(threads, run, self._source, stop.set)
            while large:
                name, descriptor = large.popleft()
                if self._put(self._source, name, descriptor, again):
                    on_sent(name)
        finally:
            for _, descriptor in (*first, *large):
                os.close(descriptor)

    def _opened(
        self, files: Iterable[tuple[str, Callable[[], int]]], large: deque[tuple[str, int]]
    ) -> Iterator[tuple[str, int]]:
        """Opens files one after the other, and puts those that go up in parts into ``large``."""
        for name, open_file in files:
            found = self._open(name, open_file)
            if found is None:
                continue
            descriptor, status = found
            if status.st_size > SINGLE_PUT_BYTES and len(large) < MOST_OPEN:
                large.append((name, descriptor))
            else:
                yield name, descriptor

    def _open(self, relative: str, open_file: Callable[[], int]) -> tuple[int, os.stat_result] | None:
        """Opens a file that may be sent; None, and its name in the log, for any other."""
        why = _flaw(self._uri.key, relative)
        if why:
            self.leave_out(relative, why)
            return None
        try:
            descriptor = open_file()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.leave_out(relative, f"it can't be read: {error.strerror}")
            return None
        status = os.fstat(descriptor)
        if not self.admits(relative, status):
            os.close(descriptor)
            return None
        return descriptor, status

    def _put(
        self,
        source: ObjectSource,
        relative: str,
        descriptor: int,
        again: bool,
        turn: threading.Lock | None = None,
        threads: int = THREADS,
    ) -> bool:
        """Sends and closes an open file. Returns False for one that changed meanwhile."""
        try:
            put(source, S3Uri(self._uri.bucket, self._uri.key + relative), descriptor, threads=threads)
        except FileChanged:
            if not again:
                with turn or threading.Lock():
                    self.leave_out(relative, "it changed while it was sent")
            return False
        finally:
            os.close(descriptor)
        return True

    def admits(self, relative: str, status: os.stat_result) -> bool:
        """Returns whether a file may be sent; if not, names it in the log.

        Holes in files, and further hard links to a file, take no space of the job's volume, but time and
        space where they are uploaded. As many such bytes are sent as the volume has.
        """
        identity = (status.st_dev, status.st_ino)
        written = 0 if identity in self._names_of else status.st_blocks * _BLOCK_BYTES
        if status.st_nlink > 1:
            self._names_of.add(identity)
        unwritten = self._unwritten + max(0, status.st_size - written)
        if unwritten > self._source.volume_bytes > 0:
            self.leave_out(
                relative,
                f"most of its {status.st_size} bytes were never written (holes, or names of one file), "
                "and with them more would be sent than the job's volume holds",
            )
            return False
        self._unwritten = unwritten
        return True

    def leave_out(self, relative: str, why: str) -> None:
        """Names a file in the log, once."""
        if relative in self._told or len(self._told) > MOST_TOLD:
            return
        self._told.add(relative)
        if len(self._told) > MOST_TOLD:
            self._say(f"Clary: further files of {self._folder} are not uploaded; they are not named here")
            return
        shown = os.fsencode(relative).decode("utf-8", "backslashreplace")
        self._say(f"Clary: {self._folder}/{shown} is not uploaded: {why}")


def _flaw(prefix: str, relative: str) -> str:
    """Returns the reason why a path can't be a key; empty when it can."""
    try:
        key = (prefix + relative).encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not UTF-8, as a key in S3 has to be"
    return f"its key would be longer than {MAX_KEY_BYTES} bytes" if len(key) > MAX_KEY_BYTES else ""
