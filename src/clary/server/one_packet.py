"""Writes the head of a response and the beginning of its body together.

uvicorn writes them one after the other: two system calls, and two packets that each wake the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class OnePacket:
    """The transport of one response. It keeps the head until the body is written, which may be empty."""

    __slots__ = ("_began", "_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None
        self._began = False

    def write(self, data: bytes) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.writelines([head, data])
        elif self._began or data.startswith(b"HTTP/1.1 1"):
            # An informational response (100 Continue) is not the head.
            self._transport.write(data)
        else:
            self._began = True
            self._head = data

    def close(self) -> None:
        if self._head is not None:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()
