"""``clary demo``: a whole training with the real SageMaker SDK. Its files stay for the next steps."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import fail, say

TUTORIAL = Path(__file__).parent / "tutorial"
PROGRAM, SCRIPT, DATA = "estimator.py", "train.py", "data/digits.npz"

TRAINING_IMAGE = "pytorch-training:2.6-cpu-py312"


def demo(
    folder: Annotated[
        Path, typer.Argument(help="Folder for its script, data and program; existing files are kept.")
    ] = Path("clary-demo"),
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Train a network on handwritten digits with the real SageMaker SDK, on this machine."""
    from clary.cli.client import connect
    from clary.cli.env import UNSET, client_variables
    from clary.cli.images import build_image
    from clary.cli.sdk import sdk_folder
    from clary.cli.up import start_detached
    from clary.server.settings import load_settings

    settings = load_settings(home=home)
    start_detached(home=settings.home)
    python = sdk_folder() / "bin" / "python"
    _lay_out(folder, python)
    build_image(TRAINING_IMAGE, home=settings.home)
    environ = {name: value for name, value in os.environ.items() if name not in UNSET}
    environ.update(client_variables(connect(settings.home)))
    environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
    say(f"\n{folder / PROGRAM} trains with the SageMaker SDK (which looks at the log every 10 s):\n")
    ended = subprocess.run([str(python), PROGRAM], cwd=folder, env=environ)
    if ended.returncode != 0:
        fail("the demo did not end well; the lines above say why")
    say(_next_steps(folder))


def _lay_out(folder: Path, python: Path) -> None:
    """Writes missing files; existing ones may hold changes of the user."""
    data = folder / DATA
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        for name in (PROGRAM, SCRIPT):
            if not (folder / name).exists():
                shutil.copyfile(TUTORIAL / name, folder / name)
        if not data.exists():
            subprocess.run([str(python), str(TUTORIAL / "digits.py"), str(data)], check=True)
    except OSError as error:
        fail(f"{folder}: {error.strerror}; name another folder: clary demo FOLDER")
    say(f"The script, its data and the SDK's program are in {folder}")


def _next_steps(folder: Path) -> str:
    """Returns commands to copy into the calling shell."""
    from clary.cli.env import on_path

    program = Path(sys.argv[0]).resolve()
    ours = "clary" if on_path("clary") else shlex.quote(min(os.path.relpath(program), str(program), key=len))
    return (
        "\nNext, in this shell:\n"
        f'    eval "$({ours} env --sdk)"     # clary, aws, python with the SDK\n'
        f"    cd {shlex.quote(str(folder))}\n"
        f"    python {PROGRAM}              # the same again\n"
        f"    clary train {SCRIPT} --image pytorch --input training=data -- --epochs 3\n"
        "    clary jobs\n"
        "    aws s3 ls\n"
        "and stop the server with: clary down"
    )
