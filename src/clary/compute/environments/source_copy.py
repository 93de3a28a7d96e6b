"""Copies a user's source for builds: without links that lead outside, and writable."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from clary.host.beneath import open_beneath, resolve_beneath, walk_beneath

from .requirements import BadRequirements

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_BYTES = 2 << 30
MOST_FILES = 50_000
_LEFT_OUT = "__pycache__"


def copy_source(source: Path, copy: Path) -> None:
    """Creates ``copy``, which must not exist. A link to a file becomes a file, one to a folder stays a link.

    Links that lead outside are left out. Raises BadRequirements for a source that is too large.
    """
    copy.mkdir()
    size_bytes = count = 0
    for entry in walk_beneath(source):
        if _LEFT_OUT in entry.relative.split("/"):
            continue
        real = resolve_beneath(source, entry.relative)
        if real is None:
            continue
        place = copy / entry.relative
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = open_beneath(source, real)
        except OSError:
            if entry.is_link:
                place.symlink_to(os.path.relpath(real, os.path.dirname(entry.relative) or "."))
            continue
        count += 1
        with open(descriptor, "rb") as file, place.open("xb") as written:
            status = os.fstat(file.fileno())
            size_bytes += status.st_size
            if size_bytes > MOST_BYTES or count > MOST_FILES:
                raise BadRequirements(
                    f"the source is larger than {MOST_BYTES} bytes or {MOST_FILES} files, which is too much "
                    "to install packages from; keep data out of it"
                )
            # Without time stamps: those of an archive may be before 1980, which a wheel can't store.
            while piece := file.read(1 << 20):
                written.write(piece)
            os.fchmod(written.fileno(), 0o755 if status.st_mode & 0o100 else 0o644)


def digest_of(copy: Path, names: Iterable[str]) -> str:
    """Returns a hash of every file below the named paths of a copy; ``.`` is all of it."""
    hashed = hashlib.sha256()
    for name in sorted(set(names)):
        hashed.update(name.encode() + b"\0")
        if (copy / name).is_file():
            _add(hashed, copy, name)
            continue
        for entry in walk_beneath(copy, name):
            if not entry.is_link:
                hashed.update(os.fsencode(entry.relative) + b"\0")
                _add(hashed, copy, f"{name}/{entry.relative}")
    return hashed.hexdigest()


def _add(hashed: hashlib._Hash, copy: Path, name: str) -> None:
    with open(open_beneath(copy, name), "rb") as file:
        hashed.update(hashlib.file_digest(file, "sha256").digest())
