"""CPU, memory and disk of the job's own processes: the user's process and its descendants.

CPU and memory are percent of what the host has: a host with 2 cores that are both busy is at 100. Memory that
processes share by files or /dev/shm is counted once; pages that a fork shares with its parent are counted
twice. Disk is the traffic of devices, without caches.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from .readings import DeviceReading

SCAN_EVERY = 4
"""Readings between two searches for new processes. Their CPU time is not lost, only counted later."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class _Disk:
    read_bytes: int
    written_bytes: int


class JobProcesses:
    def __init__(self, root_pid: int, *, cpus: int, memory_bytes: int, proc: str = "/proc") -> None:
        """root_pid: this process and all its descendants belong to the job."""
        self._proc = proc
        self._cpus = max(cpus, 1)
        self._memory_bytes = max(memory_bytes, 1)
        self._ours: set[int] = {root_pid}
        self._others: set[int] = set()
        self._disks: dict[int, _Disk] = {}
        self._ticks: int | None = None
        self._looks = 0

    def read(self, elapsed_s: float) -> list[DeviceReading]:
        if self._looks % SCAN_EVERY == 0:
            self._scan()
        first = self._looks == 0
        self._looks += 1
        ticks = self._all_ticks()
        before, self._ticks = self._ticks, ticks
        readings = [
            DeviceReading("memory", "JobMemoryUsedPercent", "", 100.0 * self._resident() / self._memory_bytes)
        ]
        moved = self._moved(first)
        if before is None or elapsed_s <= 0:
            return readings
        # The CPU time of an orphan is lost when it ends.
        busy_s = max(ticks - before, 0) / _TICKS_PER_S
        return [
            *readings,
            DeviceReading("cpu", "JobCPUUtilization", "", 100.0 * busy_s / elapsed_s / self._cpus),
            DeviceReading("disk", "JobReadBytesPerSecond", "", moved.read_bytes / elapsed_s),
            DeviceReading("disk", "JobWriteBytesPerSecond", "", moved.written_bytes / elapsed_s),
        ]

    def _scan(self) -> None:
        """Finds new processes. Checks each process of others once, and each process id that is reused."""
        there = {int(name) for name in os.listdir(self._proc) if name.isdigit()}
        self._others &= there
        parents: dict[int, int] = {}
        for pid in there - self._others - self._ours:
            fields = self._stat(pid)
            if fields is not None:
                parents[pid] = int(fields[1])
        # Process ids start again at the lowest: that of a child may be below that of its parent.
        while found := [pid for pid, parent in parents.items() if parent in self._ours]:
            self._ours.update(found)
            for pid in found:
                del parents[pid]
        self._others.update(parents)

    def _all_ticks(self) -> int:
        """Returns the ticks of all processes and of their ended children."""
        ticks = 0
        for pid in list(self._ours):
            fields = self._stat(pid)
            if fields is None:
                self._ours.discard(pid)
                self._disks.pop(pid, None)
            else:
                ticks += sum(map(int, fields[11:15]))
        return ticks

    def _resident(self) -> int:
        own = most_shared = 0
        for pid in self._ours:
            numbers = self._read(f"{pid}/statm").split()
            if len(numbers) >= 3:
                shared = int(numbers[2])
                own += int(numbers[1]) - shared
                most_shared = max(most_shared, shared)
        return (own + most_shared) * _PAGE_BYTES

    def _moved(self, first: bool) -> _Disk:
        """Returns the disk traffic since the last reading. All traffic of a new process counts."""
        total = _Disk(0, 0)
        for pid in self._ours:
            now = _disk(self._read(f"{pid}/io"))
            before = self._disks.get(pid, now if first else _Disk(0, 0))
            total.read_bytes += max(now.read_bytes - before.read_bytes, 0)
            total.written_bytes += max(now.written_bytes - before.written_bytes, 0)
            self._disks[pid] = now
        return total

    def _stat(self, pid: int) -> list[bytes] | None:
        """Returns the fields of /proc/<pid>/stat after the name, which may hold any character."""
        fields = self._read(f"{pid}/stat").rpartition(b")")[2].split()
        return fields if len(fields) > 14 else None

    def _read(self, relative: str) -> bytes:
        try:
            descriptor = os.open(f"{self._proc}/{relative}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            return os.read(descriptor, 4096)
        except OSError:
            return b""
        finally:
            os.close(descriptor)


def _disk(io: bytes) -> _Disk:
    """Parses /proc/<pid>/io."""
    found = _Disk(0, 0)
    for line in io.splitlines():
        if line.startswith(b"read_bytes: "):
            found.read_bytes = int(line[12:])
        elif line.startswith(b"write_bytes: "):
            found.written_bytes = int(line[13:])
    return found
