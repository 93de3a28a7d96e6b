"""Is the source of a job a Python project, which is to be installed before its script runs?

A ``setup.py`` says so, and a ``pyproject.toml`` that names a build system. One that only describes a project
may stand beside scripts that were never meant to be installed: it is tried, and the job goes on without.
One with settings of tools alone says nothing.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from clary.host.beneath import read_beneath, resolve_beneath

from .requirements import Line

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 1 << 20


def project_line(source: Path) -> Line | None:
    """What installs the source itself; None when it is no project."""
    itself = Line("", ".", builds=True)
    if resolve_beneath(source, "setup.py") is not None:
        return itself
    place = resolve_beneath(source, "pyproject.toml")
    content = read_beneath(source, place, _MOST_BYTES) if place is not None else None
    try:
        settings = tomllib.loads((content or b"").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return None
    if "build-system" in settings:
        return itself
    return Line("", ".", builds=True, optional=True) if "project" in settings else None
