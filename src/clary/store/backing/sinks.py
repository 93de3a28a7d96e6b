"""Sends new content to the S3 behind Clary in pieces, while it arrives.

    append ──► piece, in memory up to 1 MiB, then in a file without a name ──► sent when it is full
                                                                                └── 2 at a time of one content

A kill leaves no file behind, and what was sent is in doubt (``doubts``).
"""

from __future__ import annotations

from collections import deque
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

from clary.store.blob_names import backing_name, of_backing

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from sqlalchemy.engine import Connection

    from .content import BackingContent

PIECE_BYTES = 16 << 20
"""10,000 of them are 156 GiB; one request stores 5 GiB at most."""
MEMORY_BYTES = 1 << 20
AT_A_TIME = 2


class ContentSink:
    """New content under a name of its own. Implements Sink."""

    position = 0

    def __init__(self, content: BackingContent) -> None:
        self.blob = content.new_name()
        self._content = content
        self._name = backing_name(self.blob)
        self._piece = _new_piece(content)
        self._size = 0
        self._upload = ""
        self._sending: deque[tuple[Future[str], IO[bytes]]] = deque()
        self._etags: list[str] = []

    def append(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        while view:
            taken = view[: PIECE_BYTES - self._size]
            self._piece.write(taken)
            self._size += len(taken)
            view = view[len(taken) :]
            if self._size == PIECE_BYTES:
                self._send()

    def finish(self) -> None:
        bucket = self._content.bucket
        if not self._upload:
            self._piece.seek(0)
            bucket.put(self._name, self._piece, self._size)
        else:
            if self._size:
                self._send()
            self._wait(0)
            bucket.complete(self._name, self._upload, list(enumerate(self._etags, start=1)))
        self._piece.close()

    def settle(self, connection: Connection) -> None:
        self._content.settle(connection, self.blob)

    def kept(self) -> None:
        """Its name is in no doubt any more."""

    def discard(self) -> None:
        self._piece.close()
        # A piece that arrives after its upload was aborted would stay, and be billed.
        for task, piece in self._sending:
            if not task.cancel():
                task.exception()
            piece.close()
        self._content.give_up(self.blob)

    def _send(self) -> None:
        """Sends the piece in another thread, and begins the next one."""
        bucket = self._content.bucket
        if not self._upload:
            self._upload = bucket.begin(self._name)
        self._wait(AT_A_TIME - 1)
        number, piece, size = len(self._etags) + len(self._sending) + 1, self._piece, self._size
        piece.seek(0)

        def send() -> str:
            with piece:
                return bucket.put_part(self._name, self._upload, number, piece, size)

        self._sending.append((self._content.threads.submit(send), piece))
        self._piece, self._size = _new_piece(self._content), 0

    def _wait(self, most: int) -> None:
        """Waits until at most so many pieces are on their way. Raises what sending raised."""
        while len(self._sending) > most:
            self._etags.append(self._sending[0][0].result())
            self._sending.popleft()


class PartSink:
    """A part of an upload of a client, which becomes the same part of an upload there. Implements Sink."""

    position = 0

    def __init__(
        self, content: BackingContent, upload_blob: str, upload: str, number: int, on_end: Callable[[], None]
    ) -> None:
        """on_end: called once the part is kept or discarded."""
        self.blob = ""
        self._content = content
        self._name = backing_name(upload_blob)
        self._upload = upload
        self._number = number
        self._piece = _new_piece(content)
        self._size = 0
        self._on_end = on_end

    def append(self, data: bytes | bytearray | memoryview) -> None:
        self._piece.write(data)
        self._size += len(data)

    def finish(self) -> None:
        self._piece.seek(0)
        etag = self._content.bucket.put_part(self._name, self._upload, self._number, self._piece, self._size)
        self.blob = of_backing(self._name, etag)
        self._piece.close()

    def settle(self, connection: Connection) -> None:
        """The row of the upload names it."""

    def kept(self) -> None:
        self._on_end()

    def discard(self) -> None:
        # What was sent belongs to the upload, and goes with it.
        self._piece.close()
        self._on_end()


def _new_piece(content: BackingContent) -> IO[bytes]:
    return cast("IO[bytes]", SpooledTemporaryFile(MEMORY_BYTES, dir=str(content.folder)))
