"""``clary demo``: the main job, end to end, with the real SageMaker SDK."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import fail, say, turning

CLIENT = ("sagemaker==2.257.7", "mlxtend", "setuptools<81")
"""What the tutorial's client has installed: nothing of ours."""

TRAINING_IMAGE = "pytorch-training:2.6-cpu-py312"


def demo(
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """Train a network on handwritten digits with the real SageMaker SDK, on this machine."""
    from clary.cli.client import connect
    from clary.cli.env import UNSET, client_variables
    from clary.cli.images import build_image
    from clary.cli.up import start_detached
    from clary.compute.environments import environments_root
    from clary.server.settings import load_settings

    settings = load_settings(home=home)
    start_detached(home=settings.home)
    python = _client(environments_root().parent / "clients" / "tutorial")
    build_image(TRAINING_IMAGE, home=settings.home)
    environ = {name: value for name, value in os.environ.items() if name not in UNSET}
    environ.update(client_variables(connect(settings.home)))
    environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
    say("\nThe SageMaker SDK trains a convolutional network (it looks at the log every 10 s):\n")
    script = Path(__file__).parent / "tutorial" / "estimator.py"
    ended = subprocess.run([str(python), str(script)], env=environ)
    if ended.returncode != 0:
        fail("the demo did not end well; the lines above say why")
    say(
        "\nNext: use your own clients in this shell with\n"
        '    eval "$(clary env)"\n'
        "    aws s3 ls          clary jobs          clary logs <job>\n"
        "or train without the SDK:\n"
        "    clary train your_script.py --image pytorch --input training=./your_data -- --epochs 3\n"
        "and stop the server with: clary down"
    )


def _client(folder: Path) -> Path:
    """A Python with the SageMaker SDK, made the first time; answers its interpreter."""
    import uv

    from clary.compute.environments import environments_root
    from clary.compute.environments.installer import uv_environment

    environ = uv_environment(environments_root())
    python = folder / "bin" / "python"
    stamp = folder / "complete"
    wanted = "\n".join(CLIENT)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    with turning("Installing the SageMaker SDK for the demo's client (about 180 MB)"):
        for command in (
            ["venv", "--quiet", "--clear", "--python", "3.11", str(folder)],
            ["pip", "install", "--quiet", "--python", str(python), *CLIENT],
        ):
            ran = subprocess.run([uv.find_uv_bin(), *command], env=environ, capture_output=True, text=True)
            if ran.returncode != 0:
                fail(f"the client could not be installed:\n{ran.stderr.strip()}")
    stamp.write_text(wanted)
    say("The SageMaker SDK is installed")
    return python
