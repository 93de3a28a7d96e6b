"""The environment of ``clary-automl``, where it is built, with the programs of this checkout."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import clary.compute.environments
from clary.compute.environments import Environments, environments_root

SHIM = Path(clary.compute.environments.__file__).parent / "shims" / "automl"
DRIVER = Path(__file__).parent / "driver.py"

Runner = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(scope="package")
def run_programs(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Runs cases of ``driver.py`` one after the other in one process, and returns what each left."""
    root = environments_root()
    keys = [each.key for each in Environments(root).installed() if each.key.startswith("clary-automl-")]
    if not keys:
        pytest.skip(
            "there is no environment of clary-automl here; build it: clary images build clary-automl:1"
        )
    python = root / "envs" / keys[-1] / "bin" / "python"

    def run(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        folder = tmp_path_factory.mktemp("automl")
        (folder / "cases.json").write_text(json.dumps(cases))
        done = subprocess.run(
            [python, DRIVER, folder / "cases.json", folder / "found.json"],
            env={
                "PYTHONPATH": str(SHIM),
                "PATH": "/usr/bin:/bin",
                "SM_NUM_CPUS": "2",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        found: list[dict[str, Any]] = json.loads((folder / "found.json").read_text())
        return found

    return run
