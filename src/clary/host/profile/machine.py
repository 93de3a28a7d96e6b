"""Cores, memory and network of the machine, which this host shares with everything else on it.

Cores are those that the agent may run on. Network is the traffic of all interfaces, with the loopback,
because the hosts of a job use it for each other and for S3.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .readings import DeviceReading, KernelFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# Traffic of these interfaces passes another one too.
_BRIDGES = ("veth", "docker", "br-", "virbr", "cni")


class Machine:
    """A source of readings. A core that appears or disappears, or a counter that restarts, has none then."""

    def __init__(self, proc: str = "/proc", cores: Collection[int] | None = None) -> None:
        """cores: those to read; None: those this process may run on."""
        self._stat = KernelFile(f"{proc}/stat")
        self._memory = KernelFile(f"{proc}/meminfo")
        self._network = KernelFile(f"{proc}/net/dev")
        self._cores = frozenset(os.sched_getaffinity(0) if cores is None else cores)
        self._times: dict[bytes, tuple[int, int, int]] = {}
        self._traffic: dict[bytes, tuple[int, int]] = {}

    def read(self, elapsed_s: float) -> list[DeviceReading]:
        readings = list(self._read_cores())
        used = used_percent(self._memory.read())
        if used is not None:
            readings.append(DeviceReading("memory", "MemoryUsedPercent", "", used))
        readings += self._read_network(elapsed_s)
        return readings

    def close(self) -> None:
        for file in (self._stat, self._memory, self._network):
            file.close()

    def _read_cores(self) -> Iterator[DeviceReading]:
        before, self._times = self._times, core_times(self._stat.read(), self._cores)
        for core, (busy, waiting, total) in self._times.items():
            if core not in before:
                continue
            busy_before, waiting_before, total_before = before[core]
            passed = total - total_before
            if passed <= 0:
                continue
            name = core.decode()
            yield DeviceReading("cpu", name, "CPUUtilization", _percent(busy - busy_before, passed))
            # The kernel sometimes decreases this counter.
            yield DeviceReading("cpu", name, "I/OWaitPercentage", _percent(waiting - waiting_before, passed))

    def _read_network(self, elapsed_s: float) -> Iterator[DeviceReading]:
        before, self._traffic = self._traffic, traffic(self._network.read())
        if not before or elapsed_s <= 0:
            return
        for at, name in enumerate(("ReceiveBytesPerSecond", "TransmitBytesPerSecond")):
            grown = [now[at] - before[link][at] for link, now in self._traffic.items() if link in before]
            yield DeviceReading("network", name, "Algorithm", sum(filter(_forward, grown)) / elapsed_s)


def core_times(stat: bytes, cores: Collection[int]) -> dict[bytes, tuple[int, int, int]]:
    """Parses /proc/stat: core to its ticks that were busy, that waited for input or output, and in total."""
    times = {}
    for line in stat.splitlines():
        if not line.startswith(b"cpu"):
            break
        name, *numbers = line.split()
        if name[3:].isdigit() and int(name[3:]) in cores and len(numbers) >= 5:
            # user nice system idle iowait irq softirq steal; guests are part of user and nice.
            ticks = [int(number) for number in numbers[:8]]
            total = sum(ticks)
            times[name] = total - ticks[3] - ticks[4], ticks[4], total
    return times


def used_percent(meminfo: bytes) -> float | None:
    """Returns the share of memory that programs can't get without swapping."""
    total = available = -1
    for line in meminfo.splitlines():
        if line.startswith(b"MemTotal:"):
            total = int(line.split()[1])
        elif line.startswith(b"MemAvailable:"):
            available = int(line.split()[1])
            break
    return 100.0 * (total - available) / total if total > 0 and available >= 0 else None


def traffic(net_dev: bytes) -> dict[bytes, tuple[int, int]]:
    """Parses /proc/net/dev: interface to bytes received and sent."""
    found = {}
    for line in net_dev.splitlines():
        name, colon, rest = line.partition(b":")
        numbers = rest.split()
        name = name.strip()
        if colon and len(numbers) >= 9 and not name.decode().startswith(_BRIDGES):
            found[name] = int(numbers[0]), int(numbers[8])
    return found


def _percent(part: int, whole: int) -> float:
    return min(max(100.0 * part / whole, 0.0), 100.0)


def _forward(grown: int) -> bool:
    return grown > 0
