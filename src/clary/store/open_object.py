"""An object whose content is being read, wherever that is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .backing.reading import BackingReader
    from .object_rows import StoredObject
    from .object_store import S3Objects


@dataclass(slots=True)
class OpenObject:
    """An object whose content stays readable until ``close``, even if it is replaced or deleted.

    content: all of it if it is small; otherwise None, and it is in the file ``fd`` or comes from ``reader``.
    """

    object: StoredObject
    content: bytes | None
    fd: int = -1
    reader: BackingReader | None = None

    @property
    def is_open(self) -> bool:
        return self.content is not None or self.fd >= 0 or self.reader is not None

    @property
    def is_far(self) -> bool:
        """Whether reading asks another machine."""
        return self.reader is not None

    def expect(self, offset: int, length: int) -> None:
        """Says which bytes will be read, in order."""
        if self.reader is not None:
            self.reader.expect(offset, length)

    def read(self, limit_bytes: int, offset: int) -> bytes:
        """Returns at most ``limit_bytes`` from ``offset`` on; empty behind the end.

        Raises OSError and BackingError.
        """
        if self.content is not None:
            return self.content[offset : offset + limit_bytes]
        if self.reader is not None:
            return self.reader.read(limit_bytes, offset)
        return os.pread(self.fd, limit_bytes, offset)

    def file(self) -> int:
        """Returns the descriptor of a file with the whole content, until ``close``; -1 for ``content``.

        Raises OSError and BackingError.
        """
        if self.fd < 0 and self.reader is not None:
            self.fd = self.reader.file()
        return self.fd

    def close(self) -> None:
        self.content = None
        if self.reader is not None:
            self.reader.close()
            self.reader = None
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __del__(self) -> None:
        # For a response that is dropped before it is sent.
        self.close()


def content_of(objects: S3Objects, uri: str, most_bytes: int) -> bytes | None:
    """Returns the content of an object; None if there is none, or if it is larger than ``most_bytes``.

    Raises OSError and BackingError.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    opened = objects.open(bucket, key)
    if opened is None:
        return None
    try:
        size, found = opened.object.size, bytearray()
        if size > most_bytes:
            return None
        opened.expect(0, size)
        while len(found) < size and (piece := opened.read(size - len(found), len(found))):
            found += piece
        return bytes(found)
    finally:
        opened.close()
