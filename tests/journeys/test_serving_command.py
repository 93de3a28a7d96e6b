"""The clary command: a job is deployed, asked, updated, listed and deleted without the SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.endpoints import FIRST_BUILD_S, SERVING, Endpoints, nothing_left
from tests.journeys.jobs import TRAINING, Jobs, unique_name
from tests.journeys.server import Server, wait_for

IMAGE = "sagemaker-scikit-learn:1.2-1"


@pytest.fixture(autouse=True)
def _left(server: Server, jobs: Jobs) -> Iterator[None]:
    with nothing_left(server, Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's project: a script that trains, and one that serves."""
    (tmp_path / "train.py").write_bytes((TRAINING / "saving_factor.py").read_bytes())
    (tmp_path / "inference.py").write_bytes((SERVING / "times.py").read_bytes())
    return tmp_path


def train(server: Server, folder: Path, factor: int) -> str:
    name = unique_name("factor")
    server.command(
        "train", "train.py", "--image", IMAGE, "--name", name, "--", "--factor", str(factor),
        cwd=folder, timeout_s=FIRST_BUILD_S,
    )  # fmt: skip
    return name


def test_a_job_is_deployed_asked_listed_updated_and_deleted(server: Server, folder: Path) -> None:
    first, second = train(server, folder, 3), train(server, folder, 5)

    deployed = server.command("deploy", first, "--code", "inference.py", cwd=folder, timeout_s=FIRST_BUILD_S)
    assert deployed.stdout.splitlines()[-1] == first
    assert f"clary predict {first}" in deployed.stderr
    answered = server.command("predict", first, "--json", '{"value": 7}', "--accept", "application/json")
    assert json.loads(answered.stdout)["answer"] == 21

    server.command(
        "deploy", second, "--name", first, "--code", "inference.py", cwd=folder, timeout_s=FIRST_BUILD_S
    )
    (folder / "question.json").write_text('{"value": 7}')
    answered = server.command("predict", first, "--json", "question.json", cwd=folder)
    assert json.loads(answered.stdout)["answer"] == 35

    def seen() -> bool:
        [listed] = json.loads(server.command("endpoints", "--json").stdout)
        assert (listed["Name"], listed["Status"], listed["Variants"]) == (
            first,
            "InService",
            ["AllTraffic 1/1"],
        )
        return bool(listed["RequestsPerSecond"] > 0 and listed["P50Ms"] > 0)

    wait_for(seen, "the requests to be counted", every_s=1.0)
    assert "InService" in server.command("endpoints").stdout
    said = server.command("endpoints", "delete", first).stderr
    assert f"{first} is being deleted" in said


def test_what_can_not_be_done_is_said(server: Server, folder: Path) -> None:
    job = train(server, folder, 3)
    (folder / "broken.py").write_text("raise RuntimeError('the weights are torn')\n")

    failed = server.command(
        "deploy", job, "--code", "broken.py", cwd=folder, expect=1, timeout_s=FIRST_BUILD_S
    )
    assert "the weights are torn" in failed.stderr
    nowhere = server.command("deploy", "no-such-job", expect=1)
    assert "there is neither a model nor a training job of this name" in nowhere.stderr
    unknown = server.command("predict", "no-such-endpoint", "--json", "{}", expect=1)
    assert "no-such-endpoint" in unknown.stderr
    server.command("predict", job, expect=2)
    refused = server.command("endpoints", "delete", "no-such-endpoint", expect=1)
    assert 'Could not find endpoint "no-such-endpoint"' in refused.stderr
