from __future__ import annotations

from typing import Any

import pytest

from clary.host.profile import gpu
from clary.host.profile.gpu import Gpus, find_gpus

SUCCESS, LOST = 0, 15


class RecordedNvml:
    """What NVIDIA's library answered on a machine with two devices, the second of which was lost later."""

    def __init__(self, *, lost: bool = False) -> None:
        self._lost = lost

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = 2
        return SUCCESS

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, device: Any) -> int:
        device._obj.value = 0x1000 + index.value
        return SUCCESS

    def nvmlDeviceGetUtilizationRates(self, device: Any, use: Any) -> int:
        if self._lost and device.value == 0x1001:
            return LOST
        use._obj.gpu, use._obj.memory = (97, 41) if device.value == 0x1000 else (3, 0)
        return SUCCESS

    def nvmlDeviceGetMemoryInfo(self, device: Any, memory: Any) -> int:
        if self._lost and device.value == 0x1001:
            return LOST
        total = 80 << 30
        memory._obj.total, memory._obj.used = total, total // 4
        memory._obj.free = total - total // 4
        return SUCCESS


def test_each_device_has_its_utilization_and_how_full_its_memory_is() -> None:
    assert [tuple(reading) for reading in Gpus(RecordedNvml()).read(0.5)] == [
        ("gpu", "gpu0", "GPUUtilization", 97.0),
        ("gpu", "gpu0", "GPUMemoryUtilization", 25.0),
        ("gpu", "gpu1", "GPUUtilization", 3.0),
        ("gpu", "gpu1", "GPUMemoryUtilization", 25.0),
    ]


def test_a_device_that_is_lost_has_no_reading() -> None:
    names = [reading.name for reading in Gpus(RecordedNvml(lost=True)).read(0.5)]

    assert names == ["gpu0", "gpu0"]


def test_without_a_driver_there_are_no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "LIBRARY", "libno-such-library.so.1")

    assert find_gpus() is None
