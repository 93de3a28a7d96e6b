"""How much of its instance a host uses."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clary.domain.hosts import HostSpec
from clary.host.client.service import Service, ServiceError
from clary.host.profile.readings import DeviceReading
from clary.host.telemetry import utilization
from clary.host.telemetry.utilization import Utilization, sample

SPEC = cast("HostSpec", SimpleNamespace(cpus=4, memory_bytes=1 << 30, gpus=0))


def test_cpus_and_gpus_add_up_as_in_cloudwatch() -> None:
    readings = [
        DeviceReading("cpu", "JobCPUUtilization", "", 50.0),
        DeviceReading("memory", "JobMemoryUsedPercent", "", 12.5),
        DeviceReading("cpu", "cpu0", "CPUUtilization", 99.0),
        DeviceReading("gpu", "gpu0", "GPUUtilization", 90.0),
        DeviceReading("gpu", "gpu1", "GPUUtilization", 70.0),
        DeviceReading("network", "ReceiveBytesPerSecond", "Algorithm", 1000.0),
    ]

    points = sample(readings, cpus=4, disk_percent=3.0, at_s=7.0)

    assert {(name, value) for name, _, _, value in points} == {
        ("CPUUtilization", 200.0),
        ("MemoryUtilization", 12.5),
        ("GPUUtilization", 160.0),
        ("NetworkReceiveBytesPerSecond", 1000.0),
        ("DiskUtilization", 3.0),
    }
    assert {at for _, at, _, _ in points} == {7.0}


def test_it_is_sent_until_the_job_ends_and_again_after_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utilization, "FIRST_S", 0.0)
    monkeypatch.setattr(utilization, "EVERY_S", 0.01)
    sent: list[Any] = []
    told = threading.Event()

    def operation(name: str, request: dict[str, Any]) -> dict[str, Any]:
        sent.append(request)
        if len(sent) == 1:
            raise ServiceError(503, "SlowDown", "later")
        told.set()
        return {}

    service = cast("Service", SimpleNamespace(operation=operation))
    measured = Utilization(SPEC, "job/algo-1", lambda: service)
    measured.start(os.getpid(), lambda: 1.0)
    assert told.wait(90)
    measured.stop()

    first, second = sent[:2]
    assert first["Host"] == "job/algo-1"
    assert {point[0] for point in first["Points"]} >= {
        "CPUUtilization",
        "MemoryUtilization",
        "DiskUtilization",
    }
    assert second["Points"][: len(first["Points"])] == first["Points"], "nothing was lost"


def test_a_short_job_pays_for_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(utilization, "Machine", lambda **_: pytest.fail("measured"))
    measured = Utilization(SPEC, "job/algo-1", lambda: pytest.fail("connected"))

    measured.start(os.getpid(), lambda: None)
    measured.stop()

    assert measured._thread is not None
    measured._thread.join(90)
    assert not measured._thread.is_alive()
