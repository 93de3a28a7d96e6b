"""Pipe mode: each epoch of a channel is a FIFO, ``<channel>_<epoch>``, with the objects in key order."""

from __future__ import annotations

import os
import stat
import struct
import threading
from typing import TYPE_CHECKING

from ..client.checksum import ranges_of
from ..client.s3 import S3Uri
from ..errors import ClientError
from .fetching import Gunzip, Staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ..client.objects import ObjectSource
    from ..client.s3 import Listed

RECORDIO_MAGIC = 0xCED7230A
MAX_RECORD_BYTES = (1 << 29) - 1
SEGMENT_BYTES = 8 << 20


class PipeFeeder:
    """A thread that writes one channel to its FIFOs as long as user code opens them."""

    def __init__(
        self,
        name: str,
        folder: Path,
        objects: tuple[Staged, ...],
        source: ObjectSource,
        *,
        unzip: bool,
        record_io: bool,
        on_trouble: Callable[[ClientError], None],
    ) -> None:
        """folder: where the FIFOs are created. User code may write there too, and replace them by links."""
        self._name = name
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._objects = objects
        self._source = source
        self._unzip = unzip
        self._record_io = record_io
        self._on_trouble = on_trouble
        self._make(0)

    def start(self) -> None:
        """Starts a daemon thread.

        It ends with the agent, usually while it waits for an epoch that nobody opens.
        """
        threading.Thread(target=self._run, name=f"pipe {self._name}", daemon=True).start()

    def _run(self) -> None:
        epoch = 0
        try:
            while True:
                descriptor = self._open(epoch)
                # The next FIFO has to exist before this one ends, because the reader opens it at once.
                self._make(epoch + 1)
                try:
                    self._feed(descriptor)
                except BrokenPipeError:
                    pass  # the reader closed it before the end of the epoch
                finally:
                    os.close(descriptor)
                os.unlink(self._fifo(epoch), dir_fd=self._folder)
                epoch += 1
        except ClientError as error:
            self._on_trouble(error)
        except OSError:
            return  # the folder was removed: the host has ended
        finally:
            os.close(self._folder)

    def _feed(self, descriptor: int) -> None:
        for one in self._objects:
            if self._record_io:
                _write_all(descriptor, record_io(self._pieces(one), one.uri))
            else:
                for piece in self._pieces(one):
                    _write_all(descriptor, piece)

    def _pieces(self, one: Staged) -> Iterator[bytes | bytearray]:
        import zlib

        gunzip = Gunzip() if self._unzip else None
        try:
            for piece in self._read(one):
                yield from gunzip.feed(piece) if gunzip is not None else (piece,)
            if gunzip is not None:
                gunzip.end()
        except (zlib.error, EOFError) as error:
            raise ClientError(f"Data download failed: {one.uri} is not gzip ({error})") from error

    def _read(self, one: Staged) -> Iterator[bytes | bytearray]:
        """Yields an object in segments, so that a lost connection repeats one segment and no byte twice."""
        if one.item.path:
            with open(one.item.path, "rb") as file:
                while piece := file.read(1 << 20):
                    yield piece
            return
        item = self._known(one)
        for segment in ranges_of(item.size_bytes, None, SEGMENT_BYTES):
            if segment:
                gathered = bytearray()
                self._source.read_range(one.bucket, item, segment, gathered.extend)
                yield gathered

    def _known(self, one: Staged) -> Listed:
        """Returns the object with its size, which a manifest alone does not tell."""
        if one.item.size_bytes >= 0:
            return one.item
        found = next(
            (
                item
                for item in self._source.under(S3Uri(one.bucket, one.item.key))
                if item.key == one.item.key
            ),
            None,
        )
        if found is None:
            raise ClientError(f"Data download failed: {one.uri} does not exist.")
        return found

    def _make(self, epoch: int) -> None:
        try:
            os.mkfifo(self._fifo(epoch), 0o644, dir_fd=self._folder)
        except FileExistsError:
            return

    def _open(self, epoch: int) -> int:
        """Opens the FIFO; waits for a reader. Raises OSError when user code has replaced the FIFO."""
        flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._fifo(epoch), flags, dir_fd=self._folder)
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(f"{self._fifo(epoch)} is not a FIFO any more")
        return descriptor

    def _fifo(self, epoch: int) -> str:
        return f"{self._name}_{epoch}"


def record_io(pieces: Iterable[bytes | bytearray], uri: str) -> bytes:
    """Returns one RecordIO record: magic number, length, data, padding to four bytes. Raises ClientError."""
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > MAX_RECORD_BYTES:
            raise ClientError(
                f"{uri} is larger than a RecordIO record can be ({MAX_RECORD_BYTES} bytes). "
                "Split it, or set RecordWrapperType None."
            )
    return struct.pack("<II", RECORDIO_MAGIC, len(data)) + data + b"\0" * (-len(data) % 4)


def _write_all(descriptor: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
