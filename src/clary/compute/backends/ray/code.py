"""Clary's code as one archive, found by its digest."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import clary

PACKAGE = Path(clary.__file__).parent

_UNUSED_ON_NODES = ("server", "services", "cli")
_SUFFIXES = {".pyc", ".pyo"}


@dataclass(frozen=True, slots=True)
class CodeArchive:
    digest: str
    archive: bytes


@cache
def code_archive() -> CodeArchive:
    """Returns the code that runs on nodes. The same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(PACKAGE.rglob("*")):
            parts = path.relative_to(PACKAGE).parts
            if parts[0] in _UNUSED_ON_NODES or "__pycache__" in parts or path.suffix in _SUFFIXES:
                continue
            if path.is_file():
                name = zipfile.ZipInfo("/".join((PACKAGE.name, *parts)))
                # The same for every file: what is unpacked gives the same archive again.
                name.external_attr = 0o644 << 16
                name.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(name, path.read_bytes())
    found = packed.getvalue()
    return CodeArchive(hashlib.sha256(found).hexdigest()[:20], found)
