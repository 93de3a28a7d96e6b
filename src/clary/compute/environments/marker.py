"""The file that describes a complete environment. It is written last."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "clary-environment.json"


@dataclass(frozen=True, slots=True)
class Marker:
    """readable: see EnvironmentSpec. requirements: constraints for layers."""

    key: str
    family: str
    version: str
    python: str
    readable: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()
    keep_out: tuple[str, ...] = ()
    base: str = ""
    """The key of the base, if this is a layer."""
    size_bytes: int = 0
    built_at: float = 0.0
    """Epoch seconds."""


def marker_of(prefix: Path) -> Path:
    return prefix / _NAME


def write_marker(prefix: Path, marker: Marker) -> None:
    temporary = prefix / f"{_NAME}.tmp"
    temporary.unlink(missing_ok=True)
    # "x" follows no link, which a package may have left here.
    with temporary.open("x", encoding="utf-8") as file:
        json.dump(asdict(marker), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(prefix / _NAME)


def read_marker(prefix: Path) -> Marker | None:
    """Returns None for an incomplete environment, and for one whose Python was removed."""
    try:
        marker = marker_from(json.loads((prefix / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return marker if (prefix / "bin" / "python").exists() else None


def marker_from(raw: dict[str, Any]) -> Marker:
    """From parsed JSON; raises KeyError or TypeError on anything that is no marker."""
    return Marker(**{**raw, **{key: tuple(raw[key]) for key in ("readable", "requirements", "keep_out")}})


def last_used_at(prefix: Path) -> float:
    """Returns epoch seconds: the modification time of the marker."""
    return (prefix / _NAME).stat().st_mtime


def touch(prefix: Path) -> None:
    """Records the use of the environment, where the marker may be written."""
    try:
        os.utime(prefix / _NAME)
    except OSError:
        return


def unmark(prefix: Path) -> None:
    (prefix / _NAME).unlink(missing_ok=True)
