"""The output of a container: two streams in frames, passed on as one.

    frame: stream (1 byte), three zeros, size (4 bytes), data

A frame may end anywhere, so a line of one stream could end up inside a line of the other. Lines are passed on
whole, and states of a progress bar too. What does not end is passed on after ``QUIET_S``.
"""

from __future__ import annotations

import os
import select
import socket
from typing import TYPE_CHECKING

from .engine import EngineError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

HEAD_BYTES = 8
READ_BYTES = 65_536
QUIET_S = 0.1
AGAIN_S = 0.5
CLOSED_AFTER = 3
"""How often the output may end at once, until it counts as closed."""
LOST = b"Clary: the container engine was away, and what the program printed meanwhile is lost\n"
LONGEST_BYTES = 1 << 20
"""Of a line that does not end, until a part of it is passed on."""


class OutputFrames:
    """Takes frames apart, and joins their streams."""

    def __init__(self) -> None:
        self._data = b""
        self._rests: dict[int, bytes] = {}

    def feed(self, data: bytes) -> bytes:
        """Returns the whole lines, in the order in which they ended."""
        self._data += data
        ended = []
        while len(self._data) >= HEAD_BYTES:
            end = HEAD_BYTES + int.from_bytes(self._data[4:HEAD_BYTES], "big")
            if len(self._data) < end:
                break
            ended.append(self._lines(self._data[0], self._data[HEAD_BYTES:end]))
            self._data = self._data[end:]
        return b"".join(ended)

    @property
    def waits(self) -> bool:
        """Whether a line has begun and not ended."""
        return any(self._rests.values())

    def rest(self) -> bytes:
        """Returns what has not ended, and forgets it."""
        left = b"".join(self._rests.values())
        self._rests.clear()
        return left

    def _lines(self, stream: int, data: bytes) -> bytes:
        text = self._rests.get(stream, b"") + data
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        if len(text) - end > LONGEST_BYTES:
            end = len(text)
        self._rests[stream] = text[end:]
        return text[:end]


def follow_output(
    link: socket.socket, output: int, attach: Callable[[], socket.socket], over: threading.Event
) -> None:
    """Passes the output of a container on, also after the engine was away. Until it was back, output is lost.

    attach: follows it anew; it may raise EngineError. over: set when the container has ended.
    """
    with link:
        pass_on(link, output)
    nothing, untold = 0, False
    # Programs may close their output long before their end: there is nothing to come then.
    while nothing < CLOSED_AFTER and not over.wait(AGAIN_S):
        try:
            again = attach()
        except EngineError as error:
            untold = untold or not error.status
            continue
        with again:
            nothing = 0 if _has_more(again) else nothing + 1
            if not nothing:
                _write(output, LOST)
                untold = False
                pass_on(again, output)
    if untold:
        _write(output, LOST)


def _has_more(link: socket.socket) -> bool:
    """Waits for a byte; False at the end."""
    try:
        return bool(link.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def pass_on(link: socket.socket, output: int) -> None:
    """Writes what a container prints to a descriptor, until the container ends."""
    frames = OutputFrames()
    while True:
        if frames.waits and not select.select([link], [], [], QUIET_S)[0]:
            _write(output, frames.rest())
        try:
            data = link.recv(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            _write(output, frames.rest())
            return
        _write(output, frames.feed(data))


def _write(output: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(output, data) :]
        except OSError:
            return  # nobody reads it any more
