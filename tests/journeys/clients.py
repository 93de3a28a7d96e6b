"""Real clients, each in its own environment, which is built once per machine and found by its packages.

~/.cache/clary/clients/<name>-<digest of the packages>/bin/python
                                                        .complete    written when the build has succeeded
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forks import forks

from clary.compute.environments import Progress, environments_root
from clary.compute.environments.installer import run_uv
from clary.compute.environments.locks import locked

PYTHON = "3.11"
HERE = Path(__file__).parent

# smdebug does not declare everything that it imports.
SMDEBUG = ("smdebug==1.0.34", "setuptools<81", "requests", "pandas", "psutil")


def _dependencies() -> tuple[str, ...]:
    """The dependencies that ``pip install clary`` installs."""
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text())["project"]
    return tuple(project["dependencies"])


PACKAGES: dict[str, tuple[str, ...]] = {
    # The SageMaker SDK of the tutorials, with the other packages of an Experiments and Debugger user.
    "v2": (
        "sagemaker==2.257.7",
        "sagemaker-experiments==0.1.45",
        "smdebug==1.0.34",
        "awscli",
        "setuptools<81",
        "requests",
        "pandas",
        "psutil",
        "mlxtend",
        "scikit-learn",
    ),
    # Version 3 of the same distribution can't be installed beside version 2.
    "v3": ("sagemaker==3.27.0",),
    # Clary beside the SDK, as in a notebook's environment: its dependencies, and the sources on PYTHONPATH.
    "v2-clary": (*_dependencies(), "sagemaker==2.257.7", "sagemaker-experiments==0.1.45", *SMDEBUG),
    "v3-clary": (*_dependencies(), "sagemaker==3.27.0"),
    # The real smdebug with a framework that it hooks, to write real tensor files. Its writer needs numpy 1.
    "smdebug-torch": (*SMDEBUG, "numpy<2", "torch==2.13.0+cpu"),
    # What an image of the user has that runs script mode.
    "toolkit": ("sagemaker-training==5.1.4",),
    "smdebug-mxnet": (*SMDEBUG, "numpy<1.24", "mxnet==1.9.1"),
    "smdebug-xgboost": (*SMDEBUG, "numpy<2", "scikit-learn", "xgboost==2.1.4"),
}

IMPORTED = {
    "v2": ("sagemaker", "sagemaker.pytorch", "sagemaker.sklearn", "sagemaker.xgboost", "pandas"),
    "v3": ("sagemaker.core.helper.session_helper", "sagemaker.train"),
}
"""What nearly every script of a client imports, which takes three seconds of CPU: they begin as forks of a
process that has it. ``test_pages.py``, ``test_demo.py`` and ``test_one_environment.py`` import it themselves.
"""


@dataclass(frozen=True, slots=True)
class Client:
    """One environment, and the variables of its processes."""

    prefix: Path
    environ: Mapping[str, str]
    folder: Path

    def run(self, script: str, timeout_s: float = 240.0, **arguments: Any) -> Any:
        """Runs ``scripts/<script>`` with ``arguments`` as JSON; returns the JSON of its last line.

        AssertionError with everything it printed when it fails or takes too long.
        """
        python = str(self.prefix / "bin" / "python")
        command = [str(HERE / "scripts" / script), json.dumps(arguments)]
        imported = IMPORTED.get(self.prefix.name.rpartition("-")[0], ())
        if imported:
            started = forks(python, imported, tuple(clean_environ(Path(self.environ["HOME"])).items()))
            ended, printed = started.run(
                command, environ=self._variables(), folder=self.folder, timeout_s=timeout_s
            )
        else:
            ended, printed = self._finish([python, *command], timeout_s)
        assert ended == 0, f"{script} ended with {ended}:\n{printed[-8000:]}"
        return json.loads(printed.strip().splitlines()[-1])

    def command(self, *arguments: str | Path, timeout_s: float = 240.0) -> str:
        """Runs a program as in an activated environment, ``aws`` for example; returns its output."""
        program = shutil.which(arguments[0], path=f"{self.prefix / 'bin'}:{self.environ['PATH']}")
        assert program is not None, f"there is no program {arguments[0]}"
        ended, printed = self._finish([program, *map(str, arguments[1:])], timeout_s)
        assert ended == 0, f"{arguments} ended with {ended}:\n{printed[-4000:]}"
        return printed

    def _variables(self) -> dict[str, str]:
        return {**self.environ, "PATH": f"{self.prefix / 'bin'}:{self.environ['PATH']}"}

    def _finish(self, command: list[str], timeout_s: float) -> tuple[int | None, str]:
        try:
            ended = subprocess.run(
                command,
                cwd=self.folder,
                env=self._variables(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout_s,
            )
        except subprocess.TimeoutExpired as error:
            return None, f"{(error.stdout or b'').decode(errors='replace')}\n... took over {timeout_s:g} s"
        return ended.returncode, ended.stdout.decode(errors="replace")


def client_prefix(name: str) -> Path:
    """Returns a client's environment. A missing one is built, which takes minutes and prints its progress."""
    packages = PACKAGES[name]
    root = environments_root().parent / "clients"
    digest = hashlib.sha256("\n".join((PYTHON, *packages)).encode()).hexdigest()[:12]
    prefix = root / f"{name}-{digest}"
    complete = prefix / ".complete"
    if not complete.exists():
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f"{prefix.name}.lock", on_wait=lambda: None) as descriptor:
            if not complete.exists():
                _build(prefix, packages, descriptor)
                complete.touch()
    return prefix


def _build(prefix: Path, packages: tuple[str, ...], lock: int) -> None:
    say = _Teller(f"client {prefix.name}")
    # In the folder of the images' environments, so that both share a download cache and a file system.
    root = environments_root()
    root.mkdir(parents=True, exist_ok=True)
    run_uv(
        ["venv", "--clear", "--python", PYTHON, str(prefix)],
        root=root,
        on_progress=say.tell,
        keep_open=[lock],
    )
    install = ["pip", "install", "--python", str(prefix / "bin" / "python"), *packages]
    run_uv(install, root=root, on_progress=say.tell, keep_open=[lock])


class _Teller:
    """Prints the progress of a build at most every five seconds, past pytest's capture."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told_at = 0.0

    def tell(self, progress: Progress) -> None:
        if time.monotonic() - self._told_at > 5:
            self._told_at = time.monotonic()
            print(f"{self._what}: {progress.text}", file=sys.__stderr__, flush=True)


def clean_environ(home: Path) -> dict[str, str]:
    """Returns a user's variables without those of AWS and Clary, and with an empty home.

    Without those of Python too: with PYTHONDONTWRITEBYTECODE each process compiles all that it imports.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CLARY_", "SAGEMAKER_", "BOTO", "PYTHON", "PYTEST", "SM_"))
        and name not in ("VIRTUAL_ENV", "XDG_CONFIG_HOME")
    }
    return {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1"}


if __name__ == "__main__":
    for each in sys.argv[1:] or PACKAGES:
        print(client_prefix(each))
