"""Runs the README and the first page for users as written, in a fresh shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.journeys.clients import clean_environ
from tests.journeys.pages import script_of
from tests.journeys.server import CLARY

from clary.compute.environments import environments_root

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["README.md", "docs/user/getting-started.md"])
def test_a_page_does_what_it_says(page: str, tmp_path: Path) -> None:
    # The machine's own home: pip's configuration and the Pythons are found from there.
    environ = {
        **clean_environ(Path.home()),
        "CLARY_HOME": str(tmp_path / "state"),
        "CLARY_ENVIRONMENTS": str(environments_root()),
        "PATH": f"{Path(CLARY).parent}{os.pathsep}{os.environ['PATH']}",
    }
    log = tmp_path / "log"
    try:
        with log.open("wb") as output:
            ended = subprocess.run(
                ["bash", "-c", script_of(ROOT / page)],
                cwd=tmp_path,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=1800,
            )
    finally:
        subprocess.run([CLARY, "down"], env=environ, capture_output=True, check=False, timeout=60)
    said = log.read_text(errors="replace")
    assert ended.returncode == 0, said[-6000:]
    assert "Traceback" not in said
    assert "model.tar.gz" in said
