"""GPUs in containers: what engines are asked for, and their refusals. The machine of these tests has none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.host.container.test_orders import made, spec

from clary.host import gpus
from clary.host.container.devices import no_gpus, podman_orders
from clary.host.gpus import take_gpus


def test_docker_is_asked_for_the_devices_of_the_host_and_no_others() -> None:
    body = made(spec(gpus=2), gpus=[1, 3])

    assert body["HostConfig"]["DeviceRequests"] == [{"DeviceIDs": ["1", "3"], "Capabilities": [["gpu"]]}]
    assert body["Env"] == ["A=1", "NVIDIA_VISIBLE_DEVICES=1,3"]


def test_a_host_without_a_gpu_gets_none_from_an_engine_that_gives_all_by_default() -> None:
    assert "NVIDIA_VISIBLE_DEVICES=void" in made(spec())["Env"]


def test_podman_is_asked_for_the_same_container_with_devices_of_cdi() -> None:
    body = podman_orders("name", made(spec(gpus=2), gpus=[1, 3]), [1, 3])

    assert body["devices"] == [{"path": "nvidia.com/gpu=1"}, {"path": "nvidia.com/gpu=3"}]
    assert (body["entrypoint"], body["command"]) == (["python"], ["/run.py", "train"])
    assert body["resource_limits"] == {
        "memory": {"limit": 1 << 30, "swap": 1 << 30},
        "pids": {"limit": 8192},
        "cpu": {"period": 100_000, "quota": 200_000},
    }
    assert [each["options"][-1] for each in body["mounts"]] == ["rw", "ro"]
    assert list(body["networks"].values()) == [{"aliases": ["algo-1"]}]
    assert podman_orders("", made(spec(isolated=True)), [0])["netns"] == {"nsmode": "none"}
    across = podman_orders("", made(spec(hosts={"algo-1": "10.0.0.1", "algo-2": "10.0.0.2"})), [0])
    assert (across["netns"], "networks" in across) == ({"nsmode": "host"}, False)
    assert across["hostadd"] == ["algo-1:10.0.0.1", "algo-2:10.0.0.2"]


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ('could not select device driver "" with capabilities: [[gpu]]', "--runtime=docker"),
        ("setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=0", "nvidia-ctk cdi generate"),
        ("no space left on device", ""),
    ],
)
def test_a_refusal_of_gpus_says_what_to_install(said: str, remedy: str) -> None:
    assert remedy in no_gpus(said)
    assert bool(no_gpus(said)) == bool(remedy)


HOLDS = """
import sys, pathlib
from clary.host import gpus
print(*gpus.take_gpus(int(sys.argv[1]), pathlib.Path(sys.argv[2])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Callable[[int], tuple[str, subprocess.Popen[str]]]]:
    """Starts a process that takes GPUs until its input ends; returns their numbers."""
    begun: list[subprocess.Popen[str]] = []

    def start(count: int) -> tuple[str, subprocess.Popen[str]]:
        command = [sys.executable, "-c", HOLDS, str(count), str(tmp_path / "hosts")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip(), process

    yield start
    for process in begun:
        process.communicate()


def test_hosts_have_gpus_of_their_own_until_their_agents_end(
    agent: Callable[[int], tuple[str, subprocess.Popen[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "driver"
    for name in ("0000:01:00.0", "0000:02:00.0", "0000:03:00.0"):
        (driver / name).mkdir(parents=True)
    monkeypatch.setattr(gpus, "DRIVER", str(driver))
    taken, first = agent(2)
    assert taken == "0 1"
    assert take_gpus(1, tmp_path / "hosts") == [2]

    first.kill()
    first.wait()
    assert take_gpus(2, tmp_path / "hosts") == [0, 1]
