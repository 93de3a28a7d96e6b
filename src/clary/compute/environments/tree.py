"""Copies the folder of an environment by hard links, and measures folders."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from clary.host.beneath import walk_beneath


def clone_environment(base: Path, target: Path, *, share: bool) -> None:
    """Copies the environment ``base`` to ``target``, which must not exist.

    share: by hard links. The installer only replaces files, so neither environment sees changes of the other.
    Untrusted code gets copies. Scripts in ``bin`` contain the path of their interpreter and are rewritten.
    """
    if share:
        _clone_folder(base, target)
    else:
        shutil.copytree(base, target, symlinks=True)
    rewrite_scripts(base, target)


def rewrite_scripts(old_prefix: Path, prefix: Path) -> None:
    """Replaces the path of an environment in its scripts, after it has got another one."""
    old, new = os.fsencode(old_prefix), os.fsencode(prefix)
    for script in (prefix / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            content = script.read_bytes()
            if old in content and b"\0" not in content[:1024]:
                _replace(script, content.replace(old, new))


def tree_bytes(folder: Path) -> int:
    """Returns the bytes of all files in a folder; a file with several links counts in full."""
    return sum(entry.status.st_size for entry in walk_beneath(folder))


def _clone_folder(source: Path, target: Path) -> None:
    target.mkdir()
    for entry in os.scandir(source):
        copy = target / entry.name
        if entry.is_symlink():
            copy.symlink_to(os.readlink(entry.path))
        elif entry.is_dir():
            _clone_folder(Path(entry.path), copy)
        else:
            _link(entry.path, copy)


def _link(source: str, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one file with more links than it allows
        shutil.copy2(source, target)


def _replace(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(content)
    path.chmod(mode)
