"""Decides whether the source of a job is a Python project that is installed before the script runs.

It is one with a ``setup.py``, or with a ``pyproject.toml`` that names a build system. A ``pyproject.toml``
that only describes a project may lie beside scripts that nobody meant to install: its build is tried, and may
fail. One with settings of tools only does not make a project.
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
    """Returns the line that installs the source; None if it is no project."""
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
