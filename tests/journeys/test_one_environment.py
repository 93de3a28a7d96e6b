"""Clary is installed into a user's existing environment and works there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.journeys.clients import Client, clean_environ, client_prefix
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server

SOURCES = str(Path(__file__).parents[2] / "src")
ENVIRONMENTS = ("v2-clary", "v3-clary")


@pytest.fixture(scope="module")
def trial(jobs: Jobs) -> str:
    """A job's tensors."""
    name = unique_name("beside")
    layers = {"include_regex": "output|input", "save_interval": "2"}
    jobs.run(
        "vanishing_torch.py",
        name=name,
        image="pytorch",
        hyperparameters={"steps": 4, "pause-s": 0},
        DebugHookConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/beside",
            "CollectionConfigurations": [{"CollectionName": "layers", "CollectionParameters": layers}],
        },
        timeout_s=900.0,
    )
    return f"s3://{jobs.bucket}/beside/{name}/debug-output"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_sdk_and_clary_read_one_trial_in_one_environment(
    server: Server, tmp_path: Path, trial: str, name: str
) -> None:
    environ = server.client_environ()
    path = f"{SOURCES}{os.pathsep}{environ['PYTHONPATH']}"
    client = Client(client_prefix(name), {**environ, "PYTHONPATH": path}, tmp_path)

    seen = client.run("beside_clary.py", trial=trial)

    assert seen["names"]
    assert seen["page"] > 10_000
    assert seen["hook"]
    assert seen.get("theirs", seen["names"]) == seen["names"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_server_and_the_command_work_with_what_the_sdk_has_brought(tmp_path: Path, name: str) -> None:
    """Other versions of botocore and rich than those of the lock."""
    python = client_prefix(name) / "bin" / "python"
    environ = {**clean_environ(Path.home()), "PYTHONPATH": SOURCES, "CLARY_HOME": str(tmp_path / "state")}

    def clary(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(python), "-m", "clary", *arguments]
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, f"{arguments}: {ran.stdout}{ran.stderr}"
        return ran

    script = tmp_path / "hello.py"
    script.write_text("print('hello from the job')\n")
    clary("up", "-d")
    try:
        assert "assumed-role/ClaryExecutionRole/" in clary("doctor", "--python", str(python)).stdout
        trained = clary("train", str(script), "--image", "python", "--name", "hello")
        assert trained.stdout.splitlines() == ["hello from the job"]
        assert "hello" in clary("jobs").stdout
        assert "hello from the job" in clary("logs", "hello").stdout
    finally:
        clary("down")
