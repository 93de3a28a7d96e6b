from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from clary.compute.capacity import Size
from clary.compute.machine_capacity import MachineCapacity
from clary.domain.errors import BadRequest, LimitExceeded
from clary.server.machines import ThisMachine
from clary.server.settings import Settings
from clary.server.state import StateFolder

GIB = 2**30


def machine(tmp_path: Path, **settings: object) -> ThisMachine:
    return ThisMachine(
        Settings(home=tmp_path, environments=tmp_path / "environments", **settings),  # type: ignore[arg-type]
        StateFolder(tmp_path),
        MachineCapacity(Size(2, 16 * GIB), 1.0),
    )


def test_a_bigger_instance_is_let_through_and_scaled(tmp_path: Path) -> None:
    here = machine(tmp_path)

    here.check_cluster("ml.m5.24xlarge", 1)

    assert here.host_size("ml.m5.24xlarge", 1).cpus == 2
    assert "scaled down" in here.host_size("ml.m5.24xlarge", 1).note


def test_a_strict_machine_refuses_it(tmp_path: Path) -> None:
    here = machine(tmp_path, strict_instances=True)

    here.check_cluster("ml.m5.large", 1)
    with pytest.raises(LimitExceeded, match="CLARY_STRICT_INSTANCES"):
        here.check_cluster("ml.m5.24xlarge", 1)
    with pytest.raises(LimitExceeded, match=r"ml\.m5\.large is scaled down"):
        here.check_cluster("ml.m5.large", 4)


def test_a_cluster_never_takes_more_than_the_machine(tmp_path: Path) -> None:
    here = machine(tmp_path)
    size = here.host_size("ml.m5.24xlarge", 2)

    here.capacity.adopt("job", [Size(size.cpus, size.memory_bytes)] * 2)

    assert here.capacity.taken()[0] == Size(2, 16 * GIB)


def test_an_unknown_image_is_answered_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"No image here is called 'caffe'.*pytorch-training"):
        machine(tmp_path).check_image("caffe:1")


def test_a_family_of_the_user_s_own_is_found_while_the_server_runs(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with pytest.raises(BadRequest):
        here.check_image("mine:1")
    (tmp_path / "images").mkdir()

    (tmp_path / "images" / "mine.toml").write_text(
        'short = "mine"\nrepositories = ["mine"]\npackages = []\n'
        'releases = [{ version = "1.0", python = "3.8-3.14" }]\n[[ways]]\nframework = []\n'
    )

    here.check_image("mine:1")


def test_jobs_that_need_the_same_environment_share_its_build(tmp_path: Path) -> None:
    here = machine(tmp_path)
    heard: tuple[list[str], list[str]] = ([], [])

    async def both() -> tuple[str, str]:
        first, second = await asyncio.gather(
            here.ready("python:3.11", heard[0].append), here.ready("python:3.11", heard[1].append)
        )
        return first.environment.prefix, second.environment.prefix

    one, other = asyncio.run(both())

    assert one == other
    assert all("Building the environment" in line for line in heard[0] + heard[1])
    assert set(heard[0]) & set(heard[1])


def test_the_metrics_of_built_in_xgboost_find_what_it_logs(tmp_path: Path) -> None:
    metrics = machine(tmp_path).algorithm_metrics("sagemaker-xgboost:1.7-1")
    found = {}
    for line in ("[3]\ttrain-rmse:1.25000\tvalidation-rmse:1.5e-3", "[3]#011train-auc:0.5"):
        for name, expression in metrics:
            if match := re.search(expression, line):
                found[name] = float(match[1])

    assert found == {"train:rmse": 1.25, "validation:rmse": 0.0015, "train:auc": 0.5}
    assert len(metrics) <= 40


def test_an_image_without_an_algorithm_has_no_metrics(tmp_path: Path) -> None:
    assert machine(tmp_path).algorithm_metrics("pytorch-training:2.6") == ()


def test_a_job_waits_for_an_engine_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    here = machine(tmp_path, compute="container")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"Id": "sha256:12", "Version": "1", "Config": {}}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async def scenario() -> str:
        told = asyncio.Event()
        job = asyncio.create_task(here.ready("my-own:1", lambda _message: told.set()))
        await told.wait()
        async with await asyncio.start_unix_server(answer, socket):
            ready = await job
        assert ready.environment.container is not None
        return ready.environment.container.id

    assert asyncio.run(scenario()) == "sha256:12"
