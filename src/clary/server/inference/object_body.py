"""The content of an object of S3 as the body of a request: read in pieces, never whole in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clary.store.objects import OpenObject

PIECE_BYTES = 1 << 20


class ObjectBody:
    """May be read several times, until ``close``."""

    def __init__(self, opened: OpenObject) -> None:
        self._opened = opened

    @property
    def content_type(self) -> str:
        """The type that the object was stored with."""
        return str(self._opened.object.attributes.get("Headers", {}).get("ContentType", ""))

    def __len__(self) -> int:
        return self._opened.object.size

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the content. Raises OSError for a file that is shorter than its object."""
        position = 0
        while position < len(self):
            piece = await asyncio.to_thread(self._opened.read, PIECE_BYTES, position)
            if not piece:
                raise OSError(f"{self._opened.object.key} lacks its last {len(self) - position} bytes")
            position += len(piece)
            yield piece

    def close(self) -> None:
        self._opened.close()
