"""Finds the folders outside of an environment that it reads: those of its interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc")

_ASK = """
import json, sys, sysconfig
names = [sys.base_prefix, sys.base_exec_prefix, sys._base_executable]
names += [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), sysconfig.get_config_var("LIBDIR")]
site = sysconfig.get_path("purelib")
print(json.dumps({"names": [name for name in names if name], "site": site}))
"""


def ask_python(prefix: Path) -> tuple[Path, tuple[str, ...]]:
    """Returns (site-packages, folders to read); the folders are outside the environment and the system.

    They include the path through links, the real path, and the folder of every link between.
    Raises subprocess.CalledProcessError when the environment's Python does not run.
    """
    python = prefix / "bin" / "python"
    done = subprocess.run([python, "-I", "-c", _ASK], capture_output=True, text=True, check=True, timeout=60)
    answer = json.loads(done.stdout)
    names = [Path(name) for name in answer["names"]]
    folders = [name if name.is_dir() else name.parent for name in names if name.exists()]
    folders += [hop.parent for hop in _hops(python)]
    return Path(answer["site"]), outermost(
        (*folders, *(folder.resolve() for folder in folders)), inside=prefix
    )


def folders_of_this_python() -> tuple[str, ...]:
    """Returns the folders of the interpreter that runs this, without packages that an environment adds."""
    paths = sysconfig.get_paths()
    places = (sys.base_prefix, sys.base_exec_prefix, paths["stdlib"], paths["platstdlib"])
    library = sysconfig.get_config_var("LIBDIR")
    folders = [Path(place) for place in (*places, library) if place and Path(place).is_dir()]
    folders.append(Path(sys.executable).resolve().parent)
    return outermost((*folders, *(folder.resolve() for folder in folders)), inside=Path("/usr"))


def outermost(folders: Iterable[Path], *, inside: Path) -> tuple[str, ...]:
    """Returns the folders, sorted, without those that the system, ``inside`` or another one contains."""
    covered = [Path(name) for name in _SYSTEM] + [inside, inside.resolve()]
    kept: list[Path] = []
    for folder in sorted(set(folders)):
        if not any(folder.is_relative_to(other) for other in (*covered, *kept)):
            kept.append(folder)
    return tuple(str(folder) for folder in kept)


def _hops(path: Path) -> list[Path]:
    """Yields the files of a chain of symbolic links; the last one is real."""
    hops: list[Path] = []
    while path.is_symlink() and len(hops) < 40:
        path = Path(os.path.normpath(path.parent / path.readlink()))
        hops.append(path)
    return hops
