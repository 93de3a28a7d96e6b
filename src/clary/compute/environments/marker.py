"""The file that says an environment is complete, and what it is. It is written last."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "clary-environment.json"


@dataclass(frozen=True, slots=True)
class Marker:
    """readable: see EnvironmentSpec. requirements: what a layer on top keeps as it is."""

    key: str
    family: str
    version: str
    python: str
    readable: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()
    keep_out: tuple[str, ...] = ()
    base: str = ""
    """The key of the environment this one is a layer on."""
    size_bytes: int = 0
    built_at: float = 0.0
    """Epoch seconds."""


def marker_of(prefix: Path) -> Path:
    return prefix / _NAME


def write_marker(prefix: Path, marker: Marker) -> None:
    temporary = prefix / f"{_NAME}.tmp"
    temporary.unlink(missing_ok=True)
    # "x" follows no link: a package that was built here may have left one.
    with temporary.open("x", encoding="utf-8") as file:
        json.dump(asdict(marker), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(prefix / _NAME)


def read_marker(prefix: Path) -> Marker | None:
    """None for a folder that is not a complete environment, or whose Python is gone."""
    try:
        raw = json.loads((prefix / _NAME).read_text(encoding="utf-8"))
        marker = Marker(
            **{**raw, **{key: tuple(raw[key]) for key in ("readable", "requirements", "keep_out")}}
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return marker if (prefix / "bin" / "python").exists() else None


def last_used_at(prefix: Path) -> float:
    """Epoch seconds; the marker's time stamp carries it."""
    return (prefix / _NAME).stat().st_mtime


def touch(prefix: Path) -> None:
    """Notes that the environment is used now; where it may not be written, it stays unnoted."""
    try:
        os.utime(prefix / _NAME)
    except OSError:
        return


def unmark(prefix: Path) -> None:
    (prefix / _NAME).unlink(missing_ok=True)
