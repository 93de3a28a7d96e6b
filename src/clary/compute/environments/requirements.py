"""A requirements file with everything it stands for, in one text: what a layer is named after.

Files it includes (``-r``) are put in their place, local wheels and folders are hashed with it, paths become
absolute. ``-e folder`` becomes ``folder``: the layer outlives the folder, so it takes a copy. Nothing
outside the folder of the first file is read: the file comes with a job, and the reader is not the job.
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
    """lines and constraints are what uv is given; digest covers them and the local files they name.

    top: the folder that holds everything.
    """

    top: Path
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
    """Raises BadRequirements, naming the file that is missing, lies outside or goes in circles."""
    found = Requirements(top=path.parent.resolve())
    _read(path, found, found.lines, depth=0)
    return found


def _read(path: Path, found: Requirements, into: list[str], *, depth: int) -> None:
    if depth > _DEPTH:
        raise BadRequirements(f"{path.name} includes itself")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadRequirements(f"cannot read {path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadRequirements(f"{path.name} is not text in UTF-8") from None
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not line:
            continue
        if "file:" in line:
            raise BadRequirements(
                f"{path.name}: {line!r} names a file of this machine; put it beside {path.name}"
            )
        if match := _INCLUDE.fullmatch(line):
            _read(_inside(match["path"], path, found), found, into, depth=depth + 1)
        elif match := _CONSTRAINT.fullmatch(line):
            _read(_inside(match["path"], path, found), found, found.constraints, depth=depth + 1)
        elif (match := _FIND_LINKS.fullmatch(line)) and "://" not in match["path"]:
            into.append(f"--find-links {_inside(match['path'], path, found)}")
        elif match := _EDITABLE.fullmatch(line):
            into.append(_local(match["path"], path, found))
        else:
            into.append(_local(line, path, found))


def _local(line: str, path: Path, found: Requirements) -> str:
    """The line, with a path in it made absolute and its content noted for the digest."""
    bare, bracket, extras = line.partition("[")
    bare = bare.strip()
    looks_local = "/" in bare or bare.startswith(".") or bare.endswith((".whl", ".tar.gz", ".zip"))
    if line.startswith("-") or not looks_local or "://" in line or "@" in line:
        return line
    place = _inside(bare, path, found)
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    found.local_files += [file for file in files if file.is_file() and "__pycache__" not in file.parts]
    return f"{place}{bracket}{extras}"


def _inside(name: str, path: Path, found: Requirements) -> Path:
    place = (path.parent / name).resolve()
    if not place.is_relative_to(found.top):
        raise BadRequirements(f"{path.name}: {name!r} lies outside the folder of the requirements")
    return place
