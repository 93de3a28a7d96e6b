"""Compiles installed packages: jobs can't write bytecode and would compile their imports every time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def compile_files(python: Path, files: Iterable[Path]) -> None:
    """Compiles the files without running them or .pth files. Skips files that are not Python."""
    listed = "".join(f"{file}\n" for file in files)
    if listed:
        command = [str(python), "-I", "-S", "-m", "compileall", "-q", "-f", "-i", "-"]
        output = subprocess.DEVNULL
        subprocess.run(command, input=listed, text=True, stdout=output, stderr=output, check=False)


def new_sources(prefix: Path, base: Path) -> Iterator[Path]:
    """Returns the sources in ``prefix`` that are not hard links of those in ``base``."""
    for folder, _, names in os.walk(prefix / "lib"):
        counterpart = base / Path(folder).relative_to(prefix)
        for name in names:
            if name.endswith(".py"):
                path = Path(folder, name)
                if not _same(path, counterpart / name):
                    yield path


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except FileNotFoundError:
        return False
