"""The command ``layer --root R --base KEY SOURCE/requirements.txt [--project]``: see ``commands.py``

Builds or finds the environment ``KEY`` with the requirements added, and with the source itself if it is a
project. Progress goes to stderr; the last line on stdout is the EnvironmentSpec as JSON. On failure the exit
status is 1 and the reason follows the line BUILD_FAILED on stderr.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from clary.host.bounds import NO_LIMITS, Limits
from clary.host.inputs.source import BUILD_FAILED

from .environments import Environments
from .installer import EnvironmentBuildFailed, OnProgress, Progress
from .layer_building import Layer
from .project import project_line
from .requirements import BadRequirements, read_requirements
from .scratch import scratch_folder
from .source_copy import copy_source, digest_of

if TYPE_CHECKING:
    from types import FrameType

    from clary.domain.hosts import EnvironmentSpec

    from .requirements import Requirements


def add_layer(
    root: Path,
    base: str,
    requirements_file: Path,
    on_progress: OnProgress,
    *,
    project: bool = False,
    limits: Limits = NO_LIMITS,
) -> EnvironmentSpec:
    """Returns the environment ``base`` plus the requirements of a source; at once if it was built before.

    requirements_file: in the top folder of the source; nothing outside that folder is read. project: the
    source itself is installed if it is a Python project. limits: of build sandboxes. Raises
    EnvironmentBuildFailed and BadRequirements.
    """
    environments = Environments(root)
    source = requirements_file.parent
    asked = read_requirements(requirements_file)
    itself = project_line(source) if project else None
    if itself is not None:
        asked.lines.append(itself)
    if not asked.lines:
        return _found(environments, base)
    with scratch_folder(root) as scratch:
        copy = scratch / "source"
        if asked.locals:
            copy_source(source, copy)
        key = f"{base}+{_digest(asked, copy)}"
        found = environments.find_key(key)
        if found is not None:
            return found
        layer = Layer(key, base, tuple(asked.lines), tuple(asked.constraints), copy, asked.addresses, limits)
        return environments.build_layer(layer, on_progress)


def _found(environments: Environments, base: str) -> EnvironmentSpec:
    found = environments.find_key(base)
    if found is None:
        raise EnvironmentBuildFailed(f"The environment {base} is not on this machine; build its image first.")
    return found


def _digest(asked: Requirements, copy: Path) -> str:
    """Returns a key that does not depend on the source's folder or the format of the requirements."""
    spelled = [[line.spelled(str) for line in lines] for lines in (asked.lines, asked.constraints)]
    hashed = hashlib.sha256(json.dumps(spelled).encode())
    hashed.update(digest_of(copy, asked.locals).encode())
    return hashed.hexdigest()[:12]


def main() -> int:
    parser = argparse.ArgumentParser(prog="layer", description="Add requirements to an environment.")
    parser.add_argument("--root", type=Path, required=True, help="the folder of all environments")
    parser.add_argument("--base", required=True, help="the key of the environment to build on")
    parser.add_argument("--project", action="store_true", help="install the source itself too")
    parser.add_argument("--memory-bytes", type=int, default=0, help="the most that a build may use")
    parser.add_argument("--disk-bytes", type=int, default=0, help="the most that a build may write")
    parser.add_argument("--processes", type=int, default=0, help="the most processes of a build")
    parser.add_argument("requirements", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)  # so that the build ends its installer and removes its files
    try:
        spec = add_layer(
            options.root.absolute(),
            options.base,
            options.requirements,
            _Printer(),
            project=options.project,
            limits=Limits(options.memory_bytes, options.processes, options.disk_bytes),
        )
    except (EnvironmentBuildFailed, BadRequirements) as error:
        print(BUILD_FAILED, error, sep="\n", file=sys.stderr)
        return 1
    print(json.dumps(asdict(spec)))
    return 0


class _Printer:
    """Prints progress when it has changed."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        if progress.text != self._said:
            self._said = progress.text
            count = f"[{progress.done}/{progress.total}] " if progress.total else ""
            print(f"{count}{progress.text}", file=sys.stderr, flush=True)


def _leave(signal_number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal_number)


if __name__ == "__main__":
    sys.exit(main())
