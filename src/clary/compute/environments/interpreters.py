"""Finds the Pythons of this machine for environments. None is ever downloaded.

Interpreters are found by their paths, without starting any: a pyenv shim, for example, is on the PATH
and fails when it runs, and ``uv python find`` ends at the first such failure.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .versions import version_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OLDEST = (3, 8)
"""The oldest Python that Clary's code inside a job supports."""


def find_interpreters(environ: Mapping[str, str], *, home: Path) -> dict[str, Path]:
    """Returns the preferred interpreter of each minor version (``3.11``)."""
    found: dict[str, Path] = {}
    for version, path in _candidates(environ, home):
        minor = ".".join(version.split(".")[:2])
        if version_key(minor) >= OLDEST and minor not in found and os.access(path, os.X_OK):
            found[minor] = path
    return dict(sorted(found.items(), key=lambda item: version_key(item[0])))


def interpreter_for(python: str) -> Path | None:
    """Returns this machine's interpreter of a minor version; None without one."""
    return find_interpreters(os.environ, home=Path.home()).get(python)


def _candidates(environ: Mapping[str, str], home: Path) -> Iterator[tuple[str, Path]]:
    own = getattr(sys, "_base_executable", sys.executable)
    yield f"{sys.version_info.major}.{sys.version_info.minor}", Path(own)
    yield from _installed_under(
        Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions", r"(3\.\d+\.\d+)"
    )
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    managed = Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield from _installed_under(managed, r"cpython-(3\.\d+\.\d+)-.*")
    for folder in environ.get("PATH", "").split(os.pathsep):
        if folder and Path(folder).name != "shims" and Path(folder).is_dir():
            for path in sorted(Path(folder).glob("python3.*")):
                if re.fullmatch(r"python3\.\d+", path.name):
                    yield path.name.removeprefix("python"), path


def _installed_under(root: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Returns installations in folders that are named after their version, newest first."""
    if not root.is_dir():
        return
    matches = [match for folder in root.iterdir() if (match := re.fullmatch(name, folder.name))]
    for match in sorted(matches, key=lambda match: version_key(match[1]), reverse=True):
        minor = ".".join(match[1].split(".")[:2])
        yield match[1], root / match[0] / "bin" / f"python{minor}"
