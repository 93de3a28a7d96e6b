"""Copies our own files into an environment: modules that scripts import and that no index has.

Each folder of ``shims/`` is copied into the environment's site-packages. Built-in algorithms are copied in
the same way, because a job sees its environment and not Clary.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHIMS = Path(__file__).parent / "shims"
_ALGORITHMS = Path(__file__).parent / "algorithms"
_ALGORITHM_PACKAGE = "clary_algorithms"


def shim_names() -> tuple[str, ...]:
    return tuple(sorted(folder.name for folder in _SHIMS.iterdir() if folder.is_dir()))


def shims_digest(shims: Iterable[str], algorithm: str) -> str:
    """Returns a hash of all files that ``lay_shims`` would copy; empty without any."""
    hashed = hashlib.sha256()
    files = list(_files(shims, algorithm))
    for source, target in files:
        hashed.update(target.as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return hashed.hexdigest()[:16] if files else ""


def lay_shims(shims: Iterable[str], algorithm: str, site_packages: Path) -> list[Path]:
    """Copies the shims, and the module of a built-in algorithm. Returns the new files."""
    laid = []
    for source, relative in _files(shims, algorithm):
        target = site_packages / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        # An existing file is a hard link into uv's cache: writing to it would change every environment.
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)
        laid.append(target)
    return laid


def _files(shims: Iterable[str], algorithm: str) -> Iterator[tuple[Path, Path]]:
    """Yields (source, path below site-packages), in a fixed order."""
    for shim in shims:
        folder = _SHIMS / shim
        for source in sorted(folder.rglob("*.py")):
            yield source, source.relative_to(folder)
    package, _, module = algorithm.partition(".")
    if package == _ALGORITHM_PACKAGE:
        for source in sorted(_ALGORITHMS.glob(f"{module.partition('_')[0]}_*.py")):
            yield source, Path(package) / source.name
