"""Measures how much of its instance a host uses, and tells the server: what CloudWatch has of a job's hosts.

A sample every few seconds: CPU, memory, disk, GPUs, network. It costs under a millisecond. A short job has
none, and a server that is away gets the last ones.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ..client.service import ServiceError
from ..notes import note_exception
from ..profile.machine import Machine
from ..profile.processes import JobProcesses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clary.domain.hosts import HostSpec

    from ..client.service import Service
    from ..profile.readings import DeviceReading, Source

FIRST_S = 2.0
EVERY_S = 5.0
SEND_EVERY = 2
"""Samples in a request."""
MOST_WAITING = 2_000
"""Points that are kept for a server that is away; older ones are dropped."""
GIVE_UP_S = 5.0
"""For one request: the next one has its points too."""

NAMES = {
    "JobCPUUtilization": "CPUUtilization",
    "JobMemoryUsedPercent": "MemoryUtilization",
    "JobReadBytesPerSecond": "DiskReadBytesPerSecond",
    "JobWriteBytesPerSecond": "DiskWriteBytesPerSecond",
    "ReceiveBytesPerSecond": "NetworkReceiveBytesPerSecond",
    "TransmitBytesPerSecond": "NetworkTransmitBytesPerSecond",
}
"""Name of a reading to that of the metric. The first two are CloudWatch's, as those of disk and GPUs."""
OF_GPUS = ("GPUUtilization", "GPUMemoryUtilization")

Point = tuple[str, float, None, float]


def sample(
    readings: Iterable[DeviceReading], *, cpus: int, disk_percent: float | None, at_s: float
) -> list[Point]:
    """The points of one look. As in CloudWatch, CPUs and GPUs add up: two busy ones are at 200 percent."""
    values: dict[str, float] = {}
    for reading in readings:
        if reading.name in NAMES:
            share = cpus if reading.name == "JobCPUUtilization" else 1
            values[NAMES[reading.name]] = reading.value * share
        elif reading.dimension in OF_GPUS:
            values[reading.dimension] = values.get(reading.dimension, 0.0) + reading.value
    if disk_percent is not None:
        values["DiskUtilization"] = disk_percent
    return [(name, at_s, None, value) for name, value in values.items()]


class Utilization:
    """A thread that measures from ``start`` to ``stop``. Its trouble is none of the job's."""

    def __init__(self, spec: HostSpec, host: str, service: Callable[[], Service]) -> None:
        """host: its name for the server. service: returns a new connection."""
        self._spec = spec
        self._host = host
        self._service = service
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pid: int, disk_percent: Callable[[], float | None]) -> None:
        """pid: all processes of the job descend from it. disk_percent: how full its volume is, if known."""
        self._thread = threading.Thread(
            target=self._run, args=(pid, disk_percent), name="utilization", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Does not wait: a request may be under way."""
        self._stopping.set()

    def _run(self, pid: int, disk_percent: Callable[[], float | None]) -> None:
        # Most of what is measured starts here: a short job pays for none of it.
        if self._stopping.wait(FIRST_S):
            return
        try:
            self._measure(pid, disk_percent)
        except Exception as error:
            note_exception(error)

    def _measure(self, pid: int, disk_percent: Callable[[], float | None]) -> None:
        spec = self._spec
        machine = Machine(cores=())
        sources: list[Source] = [machine, JobProcesses(pid, cpus=spec.cpus, memory_bytes=spec.memory_bytes)]
        if spec.gpus:
            from ..profile.gpu import find_gpus

            gpus = find_gpus()
            sources += [gpus] if gpus is not None else []
        service = self._service()
        waiting: list[Point] = []
        looked_at = 0.0
        looks = 0
        try:
            while True:
                now = time.monotonic()
                elapsed_s = now - looked_at if looks else 0.0
                looked_at = now
                readings = [reading for source in sources for reading in source.read(elapsed_s)]
                if looks:
                    waiting += sample(readings, cpus=spec.cpus, disk_percent=disk_percent(), at_s=time.time())
                # The first sample is told at once, so that a page shows something.
                if looks == 1 or (looks and looks % SEND_EVERY == 0):
                    waiting = self._send(service, waiting)
                looks += 1
                if self._stopping.wait(EVERY_S if looks > 1 else 1.0):
                    return
        finally:
            machine.close()

    def _send(self, service: Service, points: list[Point]) -> list[Point]:
        """Returns the points to send another time. What was sent and not answered may be stored twice."""
        try:
            service.operation("PutHostUtilization", {"Host": self._host, "Points": points})
        except ServiceError as error:
            return points[-MOST_WAITING:] if error.status >= 500 else []
        return []
