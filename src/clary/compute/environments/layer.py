"""``python -m clary.compute.environments.layer --root R --base KEY requirements.txt``

Makes, or finds, the environment ``KEY`` with the requirements added. Progress goes to stderr, a line each;
the last line on stdout is the EnvironmentSpec as JSON. Exit status 1 with the reason on stderr otherwise.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .building import Layer
from .environments import Environments
from .installer import EnvironmentBuildFailed, OnProgress, Progress
from .requirements import BadRequirements, read_requirements

if TYPE_CHECKING:
    from types import FrameType

    from clary.domain.hosts import EnvironmentSpec


def add_layer(root: Path, base: str, requirements_file: Path, on_progress: OnProgress) -> EnvironmentSpec:
    """The environment ``base`` plus a requirements file; at once if the same was asked for before.

    Raises EnvironmentBuildFailed and BadRequirements.
    """
    environments = Environments(root)
    requirements = read_requirements(requirements_file)
    if not requirements.lines:
        found = environments.find_key(base)
        if found is None:
            raise EnvironmentBuildFailed(
                f"The environment {base} is not on this machine; build its image first."
            )
        return found
    key = f"{base}+{requirements.digest}"
    found = environments.find_key(key)
    if found is not None:
        return found
    folder = root / "notes"
    folder.mkdir(parents=True, exist_ok=True)
    lines, constraints = folder / f"{key}.txt", folder / f"{key}.constraints.txt"
    lines.write_text("\n".join(requirements.lines) + "\n", encoding="utf-8")
    constraints.write_text("\n".join(requirements.constraints) + "\n", encoding="utf-8")
    theirs = (constraints,) if requirements.constraints else ()
    return environments.build_layer(Layer(key, base, lines, theirs, sources=(requirements.top,)), on_progress)


def main() -> int:
    parser = argparse.ArgumentParser(prog="layer", description="Add requirements to an environment.")
    parser.add_argument("--root", type=Path, required=True, help="the folder of all environments")
    parser.add_argument("--base", required=True, help="the key of the environment to build on")
    parser.add_argument("requirements", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)  # so that the build ends its installer and clears up
    try:
        spec = add_layer(options.root.absolute(), options.base, options.requirements, _Printer())
    except (EnvironmentBuildFailed, BadRequirements) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(asdict(spec)))
    return 0


class _Printer:
    """Prints what is new; a heartbeat says nothing new."""

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
