"""An environment as one archive, for a node that has not got it.

The archive is made while it is sent: nothing is written on this machine, and a folder of gigabytes begins to
arrive at once. Before it is a line of JSON with the environment's path and marker. What depends on the
machine is left out: the links to the interpreter, which the node makes to its own. So are empty folders,
which no package has.
"""

from __future__ import annotations

import json
import os
import tarfile
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

from clary.host.beneath import walk_beneath

from .marker import Marker, marker_of, read_marker

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PIECE_BYTES = 1 << 20


class PackedEnvironment:
    """The archive of one complete environment, read once from its beginning."""

    is_far = False
    """Its bytes are on this machine. The server sends it as it sends an object."""

    def __init__(self, prefix: Path) -> None:
        """Raises LookupError when there is no complete environment."""
        marker = read_marker(prefix)
        if marker is None:
            raise LookupError(prefix.name)
        self._lock = threading.Lock()  # it is closed by another thread than reads it
        self._pieces = _pieces(prefix, marker)
        self._ahead: bytes | None = next(self._pieces)

    @property
    def is_at_end(self) -> bool:
        return self._ahead is None

    def read(self, size: int) -> bytes:
        """Returns the next piece, of about ``size`` bytes; empty at the end."""
        found = bytearray()
        with self._lock:
            while self._ahead is not None and len(found) < size:
                found += self._ahead
                self._ahead = next(self._pieces, None)
        return bytes(found)

    def close(self) -> None:
        with self._lock:
            self._pieces.close()
            self._ahead = None


def _pieces(prefix: Path, marker: Marker) -> Generator[bytes, None, None]:
    yield json.dumps({"Prefix": str(prefix), "Marker": asdict(marker)}).encode() + b"\n"
    for entry in walk_beneath(prefix):
        if entry.relative == marker_of(prefix).name:
            continue
        member = tarfile.TarInfo(entry.relative)
        member.mtime = int(entry.status.st_mtime)
        member.mode = 0o755 if entry.status.st_mode & 0o100 else 0o644
        if entry.is_link:
            target = _inside(prefix, entry.relative, os.readlink(entry.name, dir_fd=entry.directory_fd))
            if target is not None:
                member.type, member.linkname = tarfile.SYMTYPE, target
                yield member.tobuf(tarfile.PAX_FORMAT)
            continue
        with open(entry.open(), "rb") as file:
            member.size = os.fstat(file.fileno()).st_size
            yield member.tobuf(tarfile.PAX_FORMAT)
            left = member.size
            while left:
                piece = file.read(min(left, PIECE_BYTES))
                if not piece:
                    raise OSError(f"{entry.relative} became shorter while it was sent")
                left -= len(piece)
                yield piece
        if rest := member.size % tarfile.BLOCKSIZE:
            yield bytes(tarfile.BLOCKSIZE - rest)
    yield bytes(tarfile.RECORDSIZE)


def _inside(prefix: Path, relative: str, target: str) -> str | None:
    """Returns the target of a link as a relative path; None when it leads out of the environment."""
    place = os.path.normpath(prefix / os.path.dirname(relative) / target)
    if not place.startswith(f"{prefix}/"):
        return None
    return os.path.relpath(place, prefix / os.path.dirname(relative))
