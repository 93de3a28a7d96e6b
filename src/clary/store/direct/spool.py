"""Where a body is until it has been checked: in a file without a name. A kill leaves nothing."""

from __future__ import annotations

import io
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from clary.store.staging import StagedBlob

MEMORY_BYTES = 1 << 20
"""Smaller bodies need no file."""


class BodySpool:
    """Implements Sink. S3 has an object whole or not at all: nothing is sent before the body is checked."""

    blob = "spooled"
    position = 0

    def __init__(self, folder: Path) -> None:
        self.file = cast("IO[bytes]", TemporaryFile(dir=str(folder)))  # noqa: SIM115 closed by kept and discard

    def append(self, data: bytes | bytearray | memoryview) -> None:
        self.file.write(data)

    def finish(self) -> None:
        """It becomes durable in the other S3."""
        self.file.flush()

    def settle(self, connection: Connection) -> None:
        """No row names it."""

    def kept(self) -> None:
        self.file.close()

    def discard(self) -> None:
        self.file.close()


def body_of(staged: StagedBlob) -> IO[bytes]:
    """Returns the content of ``stage``, from its beginning."""
    if staged.sink is None:
        return io.BytesIO(staged.content)
    assert isinstance(staged.sink, BodySpool)
    staged.sink.file.seek(0)
    return staged.sink.file
