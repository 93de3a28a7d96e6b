"""The folder of the registry server, as far as its own programs do not care for it.

    docker/registry/v2/repositories/<repository>/_manifests/revisions/sha256/<digest>/link
                                                 _layers/sha256/<digest>/link
                                                 _uploads/<id>/
    docker/registry/v2/blobs/sha256/<2 digits>/<digest>/data

The layout is that of version 2 and of version 3 of the program.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SETTLED_S = 60.0
_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The digest of no bytes, which may be content."""


def mend(storage: Path) -> None:
    """Removes files that a killed server has created and not written: it would stumble over them for ever."""
    for folder, folders, files in os.walk(storage / "docker"):
        folders[:] = [name for name in folders if name != "_uploads"]
        for name in files:
            path = os.path.join(folder, name)
            if name not in ("link", "data") or folder.endswith(_NOTHING):
                continue
            with contextlib.suppress(FileNotFoundError):
                known = os.stat(path)
                if known.st_size == 0 and time.time() - known.st_mtime > SETTLED_S:
                    os.unlink(path)


def revisions(storage: Path) -> Iterator[tuple[str, str, Path]]:
    """Yields (repository, digest, folder) of each manifest that the registry server has."""
    for repository, folder in repositories(storage):
        kept = folder / "_manifests" / "revisions" / "sha256"
        for digest in _names(kept):
            yield repository, f"sha256:{digest}", kept / digest


def repositories(storage: Path) -> Iterator[tuple[str, Path]]:
    """Yields (name, folder) of each repository. One may be in the folder of another."""
    root = storage / "docker" / "registry" / "v2" / "repositories"
    waiting = [root / name for name in _names(root)]
    while waiting:
        folder = waiting.pop()
        names = _names(folder)
        if any(name.startswith("_") for name in names):
            yield folder.relative_to(root).as_posix(), folder
        waiting += [folder / name for name in names if not name.startswith("_")]


def remove_unknown(
    storage: Path, has_repository: Callable[[str], bool], is_known: Callable[..., bool]
) -> int:
    """Removes what no record names; returns how much. Only while the registry server does not run.

    is_known: of (repository, digest). What came less than a minute ago stays: its record may still come.
    """
    removed = 0
    now = time.time()
    for repository, digest, folder in list(revisions(storage)):
        if not is_known(repository, digest) and now - folder.stat().st_mtime > SETTLED_S:
            shutil.rmtree(folder)
            removed += 1
    for repository, folder in list(repositories(storage)):
        if has_repository(repository) or now - folder.stat().st_mtime <= SETTLED_S:
            continue
        for name in _names(folder):
            if name.startswith("_"):
                shutil.rmtree(folder / name)
        removed += 1
        with contextlib.suppress(OSError):  # Another repository is in it.
            folder.rmdir()
    return removed


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
