"""``clary demo`` and the commands that it prints."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.journeys.clients import clean_environ
from tests.journeys.server import CLARY, Server

from clary.compute.environments import environments_root


def test_the_demo_trains_on_real_digits_and_its_hints_are_commands_that_are_there(
    server: Server, tmp_path: Path
) -> None:
    # It builds its own client the first time, with the pip configuration of the machine's own home.
    said = server.command("demo", timeout_s=900.0, user_home=Path.home(), cwd=tmp_path)

    shown = said.stdout + said.stderr
    assert "Uploaded 5,000 handwritten digits" in shown
    accuracy = next(line for line in shown.splitlines() if line.startswith("Test accuracy")).split()[-1]
    assert float(accuracy) > 0.9
    assert "model.tar.gz" in shown
    hints = [line.strip() for line in shown.partition("Next, in this shell:")[2].splitlines()]
    copied = [line for line in hints if line and not line.startswith("and stop")]
    assert len(copied) == 6
    # As after "make demo": clary is in a folder that no PATH names.
    assert str(Path(CLARY).parent) not in os.environ["PATH"].split(os.pathsep)
    again = subprocess.run(
        ["bash", "-ec", "\n".join(copied)],
        cwd=tmp_path,
        env={
            **clean_environ(Path.home()),
            "CLARY_HOME": str(server.home),
            "CLARY_ENVIRONMENTS": str(environments_root()),
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("Completed") >= 3
    assert "sagemaker-us-east-1-" in again.stdout.splitlines()[-1]


def test_the_demo_leaves_what_a_user_has_changed(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "estimator.py").write_text("print('changed by me')\n")

    said = server.command("demo", "mine", timeout_s=900.0, user_home=Path.home(), cwd=tmp_path)

    assert said.stdout.strip() == "changed by me"
    assert sorted(path.name for path in (tmp_path / "mine").rglob("*.*")) == [
        "digits.npz",
        "estimator.py",
        "train.py",
    ]
