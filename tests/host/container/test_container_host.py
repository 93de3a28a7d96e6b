"""A real agent with a real container: memory, mounts, and what a killed program leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine import TestEngine, missing, running_engine
from tests.host.conftest import RunningAgent, make_spec
from tests.host.standin import Standin

from clary.compute.engine_images import EngineImages
from clary.domain.hosts import ChannelSpec

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())

SMALL = 64 << 20


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def run(tmp_path: Path, standin: Standin, engine: TestEngine) -> Callable[..., dict[str, Any]]:
    """Runs a Python program in a container to its end; returns the last report."""
    environment = EngineImages({"DOCKER_HOST": engine.address}).find(engine.image)
    assert environment is not None

    def run(program: str, **changes: Any) -> dict[str, Any]:
        command = ("/usr/bin/python3", "-u", "-c", program)
        spec = make_spec(standin, environment=environment, entrypoint=command, **changes)
        RunningAgent(tmp_path / "host", spec).wait(60.0)
        assert engine.left() == []
        return standin.reports[-1]

    return run


EATS = "x = []\nwhile True: x.append(bytearray(1 << 20))"


def test_the_kernel_says_that_the_first_process_had_no_memory_left(
    run: Callable[..., dict[str, Any]],
) -> None:
    report = run(EATS, memory_bytes=SMALL, instance_type="ml.tiny")

    assert report["Outcome"] == "ClientError"
    assert report["Reason"].startswith("ClientError: Out of memory: the host has 0.0625 GiB (ml.tiny)")
    assert report["ExitCode"] == 137


def test_a_job_whose_worker_was_killed_for_memory_is_ended_whole(run: Callable[..., dict[str, Any]]) -> None:
    worker = f"import os, time\nif os.fork() == 0:\n  exec({EATS!r})\ntime.sleep(600)"

    report = run(worker, memory_bytes=SMALL)

    assert report["Outcome"] == "ClientError"
    assert "Out of memory" in report["Reason"]


def test_the_volume_also_bounds_what_is_written_outside_of_opt_ml(
    run: Callable[..., dict[str, Any]],
) -> None:
    fills = (
        "import time\nwith open('/var-fill', 'wb') as file:\n  file.write(bytes(32 << 20))\ntime.sleep(600)"
    )

    report = run(fills, disk_bytes=16 << 20)

    assert report["Outcome"] == "ClientError"
    assert "Out of disk" in report["Reason"]


def test_stored_objects_are_mounted_and_can_t_be_changed(
    run: Callable[..., dict[str, Any]], standin: Standin
) -> None:
    large = b"x" * ((16 << 20) + 1)  # what is smaller is copied
    standin.put("data", "train/large", large)
    program = "open('/opt/ml/input/data/train/large', 'r+b').write(b'changed')"

    report = run(program, channels=(ChannelSpec("train", "s3://data/train/"),))

    assert report["Outcome"] == "Failed"
    assert "Read-only file system" in report["Reason"]
    assert standin.path_of("data", "train/large").read_bytes() == large


def test_files_of_any_user_and_mode_are_uploaded_and_removed(
    run: Callable[..., dict[str, Any]], standin: Standin, tmp_path: Path
) -> None:
    program = (
        "import os\n"
        "os.mkdir('/opt/ml/model/closed', 0o700)\n"
        "open('/opt/ml/model/closed/mine', 'w').write('kept')\n"
        "os.chown('/opt/ml/model/closed/mine', 1234, 1234)\n"
        "os.chown('/opt/ml/model/closed', 1234, 1234)\n"
        "os.chmod('/opt/ml/model/closed', 0)\n"
    )

    report = run(program)

    assert report["Outcome"] == "Succeeded"
    assert report["ModelUploaded"]
    assert ("out", "job/output/model.tar.gz") in standin.objects
    assert not (tmp_path / "host" / "ml").exists()


def test_a_container_can_make_no_device_and_sees_no_folder_of_the_host(
    run: Callable[..., dict[str, Any]], standin: Standin, tmp_path: Path
) -> None:
    program = (
        "import os, stat\n"
        "try: os.mknod('/opt/ml/model/disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0)); print('made')\n"
        "except PermissionError: print('refused')\n"
        f"print(os.path.exists({str(tmp_path)!r}))\n"
    )

    run(program)

    assert standin.lines == ["refused", "False"]


def test_an_isolated_host_is_not_started_outside_of_a_container(tmp_path: Path, standin: Standin) -> None:
    """The image was there when the job was created, and is not when it starts."""
    RunningAgent(tmp_path / "host", make_spec(standin, isolated=True, entrypoint=("/bin/true",))).wait()

    assert standin.reports[-1]["Outcome"] == "ClientError"
    assert "does not run in a container any more" in standin.reports[-1]["Reason"]
