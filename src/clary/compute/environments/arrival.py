"""An environment that was built on another machine, made one of this machine.

    archive ──unpack──> files ──> paths in scripts replaced ──> links to this machine's Python ──> marker

As with a layer, the scripts in ``bin`` are rewritten for their new path: a node need not have the folders of
the server, nor be able to mount anything.
"""

from __future__ import annotations

import os
import re
from typing import IO, TYPE_CHECKING

from clary.host.inputs.archives import ArchiveLimits, HostileArchive, unpack_tar

from .installer import EnvironmentBuildFailed
from .interpreters import interpreter_for
from .marker import Marker
from .packing import PIECE_BYTES
from .readable import ask_python
from .tree import rewrite_scripts

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = ArchiveLimits(size_bytes=100 << 30, members=2_000_000, depth=100)


def fill_from_archive(archive: IO[bytes], prefix: Path, came: Marker, built_at: Path) -> Marker:
    """Unpacks an environment into ``prefix``, a new folder, and returns its marker for this machine.

    came: its marker on the machine where its path was ``built_at``. Raises EnvironmentBuildFailed.
    """
    interpreter = interpreter_for(came.python)
    if interpreter is None:
        raise EnvironmentBuildFailed(
            f"This node has no Python {came.python}, which the environment {came.key} was built with. "
            f"Install it there, for example with: uv python install {came.python}"
        )
    prefix.mkdir(parents=True)
    try:
        unpack_tar(archive, prefix, ".", LIMITS)
        while archive.read(PIECE_BYTES):
            pass  # the end of what was sent, without which something may be missing
    except HostileArchive as error:
        raise EnvironmentBuildFailed(f"The environment {came.key} did not arrive whole: {error}") from error
    binaries = prefix / "bin"
    for name, target in (
        ("python", str(interpreter)),
        ("python3", "python"),
        (f"python{came.python}", "python"),
    ):
        (binaries / name).unlink(missing_ok=True)
        (binaries / name).symlink_to(target)
    _name_home(prefix / "pyvenv.cfg", interpreter.parent)
    rewrite_scripts(built_at, prefix)
    _, readable = ask_python(prefix)
    return Marker(
        key=came.key,
        family=came.family,
        version=came.version,
        python=came.python,
        readable=readable,
        variables={name: value.replace(str(built_at), str(prefix)) for name, value in came.variables.items()},
        requirements=came.requirements,
        keep_out=came.keep_out,
    )


def _name_home(settings: Path, home: Path) -> None:
    """Writes where the interpreter is: Python reads that from the file beside its environment."""
    said = settings.read_text(encoding="utf-8")
    draft = settings.with_name(f"{settings.name}.new")
    draft.write_text(re.sub(r"(?m)^home\s*=.*$", lambda _: f"home = {home}", said), encoding="utf-8")
    os.replace(draft, settings)
