"""A requirements file with everything it stands for, in one text: what a layer is named after.

Files it includes (``-r``) are put in their place, local wheels and folders are hashed with it, paths become
absolute. ``-e folder`` becomes ``folder``: the layer outlives the folder, so it takes a copy.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_INCLUDE = re.compile(r"(?:-r|--requirement)(?:\s+|=)?(?P<path>\S+)")
_CONSTRAINT = re.compile(r"(?:-c|--constraint)(?:\s+|=)?(?P<path>\S+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(?P<path>\S.*)")
_FIND_LINKS = re.compile(r"(?:-f|--find-links)(?:\s+|=)(?P<path>\S+)")
_DEPTH = 20


class BadRequirements(ValueError):
    """A requirements file that cannot be read; names the file and the line."""


@dataclass(slots=True)
class Requirements:
    """lines and constraints are what uv is given; digest covers them and the local files they name."""

    lines: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    local_files: list[Path] = field(default_factory=list)

    @property
    def digest(self) -> str:
        hashed = hashlib.sha256("\n".join([*self.lines, "constraints", *self.constraints]).encode())
        for path in self.local_files:
            hashed.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
        return hashed.hexdigest()[:12]


def read_requirements(path: Path) -> Requirements:
    """Raises BadRequirements, naming the file that is missing or goes in circles."""
    found = Requirements()
    _read(path, found, found.lines, depth=0)
    return found


def _read(path: Path, found: Requirements, into: list[str], *, depth: int) -> None:
    if depth > _DEPTH:
        raise BadRequirements(f"{path} includes itself")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadRequirements(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadRequirements(f"{path} is not text in UTF-8") from None
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not line:
            continue
        if match := _INCLUDE.fullmatch(line):
            _read(path.parent / match["path"], found, into, depth=depth + 1)
        elif match := _CONSTRAINT.fullmatch(line):
            _read(path.parent / match["path"], found, found.constraints, depth=depth + 1)
        elif match := _FIND_LINKS.fullmatch(line):
            into.append(f"--find-links {_anchored(match['path'], path.parent)}")
        elif match := _EDITABLE.fullmatch(line):
            into.append(_local(match["path"], path.parent, found))
        else:
            into.append(_local(line, path.parent, found))


def _local(line: str, folder: Path, found: Requirements) -> str:
    """The line, with a path below ``folder`` made absolute and its content noted for the digest."""
    if not line.startswith((".", "/")) and not line.endswith((".whl", ".tar.gz", ".zip")):
        return line
    bare, bracket, extras = line.partition("[")
    path = folder / bare
    if "://" in line or "@" in line or not path.exists():
        return line
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    found.local_files += [file for file in files if file.is_file() and "__pycache__" not in file.parts]
    return f"{path.resolve()}{bracket}{extras}"


def _anchored(place: str, folder: Path) -> str:
    return place if "://" in place or place.startswith("/") else str((folder / place).resolve())
