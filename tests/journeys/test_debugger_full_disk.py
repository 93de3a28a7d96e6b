"""The disk of a host fills up with tensors: the capture ends, the training continues."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.journeys.clients import Client, clean_environ, client_prefix
from tests.journeys.conftest import execution_role
from tests.journeys.debugged import Seen, read_copy
from tests.journeys.jobs import Jobs
from tests.journeys.server import CLARY, Server

from clary.compute.environments import environments_root

STEPS = 60
DISK_MB = 24
MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'


class ServerOnASmallDisk(Server):
    """A server whose hosts write to a separate, small disk."""

    def start(self) -> None:
        hosts = self.home / "hosts"
        hosts.mkdir(parents=True)
        command = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", f"{DISK_MB}m", str(hosts)]
        environ = {**clean_environ(Path.home()), "CLARY_ENVIRONMENTS": str(environments_root())}
        subprocess.run(
            [*command, CLARY, "up", "-d", "--home", str(self.home)],
            env=environ,
            stdin=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerOnASmallDisk]:
    folder = tmp_path_factory.mktemp("mounted")
    probe = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", "1m", str(folder), "true"]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small file system: run it as root")
    server = ServerOnASmallDisk(tmp_path_factory.mktemp("small"), tmp_path_factory.mktemp("user"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def jobs(own: ServerOnASmallDisk) -> Jobs:
    clients = own.session()
    clients("s3").create_bucket(Bucket="small")
    return Jobs(clients, "small", execution_role(own))


@pytest.fixture(scope="module")
def job(jobs: Jobs) -> dict[str, Any]:
    """A training of 60 steps, each of which saves over a megabyte."""
    random = np.random.default_rng(0)
    content = io.BytesIO()
    np.savez_compressed(
        content, images=random.integers(0, 256, (2000, 784)).astype("u1"), labels=random.integers(0, 10, 2000)
    )
    data = jobs.upload("noise/digits.npz", content.getvalue()).rpartition("/")[0]
    return jobs.run(
        "debugged_torch.py",
        image="pytorch-training:2.6-cpu-py312",
        inputs={"train": data},
        hyperparameters={"steps": STEPS},
        timeout_s=900.0,
        DebugHookConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/tensors",
            "CollectionConfigurations": [
                {"CollectionName": "all", "CollectionParameters": {"save_interval": "1"}},
            ],
        },
    )


@pytest.fixture(scope="module")
def seen(own: ServerOnASmallDisk, jobs: Jobs, job: dict[str, Any], tmp_path_factory: Any) -> Seen:
    v2 = Client(client_prefix("v2"), own.client_environ(), tmp_path_factory.mktemp("v2"))
    uri = f"s3://{jobs.bucket}/tensors/{job['TrainingJobName']}/debug-output"
    return read_copy(v2, uri, tmp_path_factory.mktemp("copy"))


def test_the_training_runs_to_its_end_and_its_model_is_delivered(jobs: Jobs, job: dict[str, Any]) -> None:
    lines = jobs.log(job["TrainingJobName"])

    assert [line.split(" loss")[0] for line in lines if line.startswith("step ")] == [
        f"step {step}" for step in range(STEPS)
    ]
    assert list(jobs.download(job["ModelArtifacts"]["S3ModelArtifacts"])) == ["model.pt"]


def test_the_log_says_once_that_capture_stopped_and_why(jobs: Jobs, job: dict[str, Any]) -> None:
    said = [line for line in jobs.log(job["TrainingJobName"]) if not line.startswith("step ")]

    assert len(said) == 1
    assert "capture stopped: No space left on device but 0." in said[0]
    assert "MB, which are left to the training at step" in said[0]


def test_what_was_saved_until_then_is_read_by_smdebug(seen: Seen) -> None:
    steps = seen.steps()

    assert 5 < len(steps) < STEPS
    assert steps == list(range(len(steps)))
    assert {frozenset(names) for names in seen.facts["names_by_step"].values()} == {frozenset(seen.names)}
    assert seen.facts["ended"]
