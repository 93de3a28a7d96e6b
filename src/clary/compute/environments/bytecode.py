"""Bytecode for what was installed: a job may not write it, and would compile its imports every time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def compile_files(python: Path, files: Iterable[Path]) -> None:
    """Compiles the files anew; runs neither them nor .pth files. What is not Python is skipped."""
    listed = "".join(f"{file}\n" for file in files)
    if listed:
        command = [str(python), "-I", "-S", "-m", "compileall", "-q", "-f", "-i", "-"]
        output = subprocess.DEVNULL
        subprocess.run(command, input=listed, text=True, stdout=output, stderr=output, check=False)


def new_sources(prefix: Path, base: Path) -> Iterator[Path]:
    """The sources in ``prefix`` that are not hard links of those in ``base``."""
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
