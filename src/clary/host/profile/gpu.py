"""Reads GPUs with NVIDIA's management library, which is part of the driver: nothing has to be installed.

Utilization is the share of time in which a kernel ran; memory is the share that is used. Both are those of
the device, whichever process uses it.
"""

from __future__ import annotations

import ctypes
from typing import Any

from .readings import DeviceReading

LIBRARY = "libnvidia-ml.so.1"


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class Gpus:
    """``library`` is NVML, initialized. A device that can't be read has no reading."""

    def __init__(self, library: Any) -> None:
        self._library = library
        count = ctypes.c_uint()
        answered = library.nvmlDeviceGetCount_v2(ctypes.byref(count)) == 0
        self._devices: dict[int, ctypes.c_void_p] = {}
        for index in range(count.value if answered else 0):
            device = ctypes.c_void_p()
            if library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(device)) == 0:
                self._devices[index] = device

    def read(self, _elapsed_s: float) -> list[DeviceReading]:
        readings = []
        for index, device in self._devices.items():
            use, memory = _Utilization(), _Memory()
            if self._library.nvmlDeviceGetUtilizationRates(device, ctypes.byref(use)) == 0:
                readings.append(DeviceReading("gpu", f"gpu{index}", "GPUUtilization", float(use.gpu)))
            if self._library.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) == 0 and memory.total:
                percent = 100.0 * memory.used / memory.total
                readings.append(DeviceReading("gpu", f"gpu{index}", "GPUMemoryUtilization", percent))
        return readings


def find_gpus() -> Gpus | None:
    """Returns None where there is no driver, or where it does not work."""
    try:
        library = ctypes.CDLL(LIBRARY)
        return Gpus(library) if library.nvmlInit_v2() == 0 else None
    except (OSError, AttributeError):
        return None
