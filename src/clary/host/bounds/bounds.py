"""The bounds of one process of the user: memory of the instance, processes, disk of the volume.

The kernel enforces memory and processes where control groups can be made. Elsewhere a thread measures them
every half second. It also finds out what the kernel has killed. A job that exceeds a bound is ended as a
whole: a training whose worker was killed would often wait for it for ever.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..notes import note_exception
from ..processes import everything
from .cgroups import NOTE, forget_groups, make_groups
from .usage import UNCOUNTABLE, DiskUsage, memory_bytes, tmpfs_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from clary.domain.hosts import HostSpec

    from ..processes import Process
    from .cgroups import Group

LOOK_EVERY_S = 0.5
CHOICE_VARIABLE = "CLARY_BOUNDS"
"""``watch``: measure, and make no control groups, as where none can be had."""
OOM_SCORE = 500
"""When the whole machine has no memory left, the kernel ends jobs before anything else."""
# The arguments: each group's door, then --, then the command.
_ENTER = f"""
{{ echo {OOM_SCORE} > /proc/self/oom_score_adj; }} 2>/dev/null
while [ "$1" != -- ]; do {{ echo 0 > "$1"; }} 2>/dev/null; shift; done
shift
exec "$@"
"""
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """0: no limit. cpus: a weight. instance: its type. larger: types with more memory, in words."""

    memory_bytes: int
    processes: int
    disk_bytes: int
    cpus: int = 0
    instance: str = ""
    larger: str = ""


NO_LIMITS = Limits(0, 0, 0)


def limits_of(spec: HostSpec) -> Limits:
    return Limits(
        memory_bytes=spec.memory_bytes,
        processes=spec.processes,
        disk_bytes=spec.disk_bytes,
        cpus=spec.cpus,
        instance=spec.instance_type,
        larger=spec.larger_instances,
    )


def groups_of(limits: Limits, host: Path) -> list[Group]:
    """Makes the control groups of a host. host: as ``Bounds`` has it."""
    if os.environ.get(CHOICE_VARIABLE) == "watch":
        return []
    return make_groups(
        group_name(host),
        host / NOTE,
        memory_bytes=limits.memory_bytes,
        processes=limits.processes,
        cpus=limits.cpus,
    )


def join(doors: Sequence[str]) -> None:
    """Joins control groups, where that is allowed, and raises this process's OOM score."""
    for path, text in (("/proc/self/oom_score_adj", str(OOM_SCORE)), *((door, "0") for door in doors)):
        try:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        except OSError as error:
            note_exception(error)


class LimitingGroup(Protocol):
    """What limits a process, and says when the kernel has killed for it: as ``cgroups.Group`` does."""

    @property
    def controllers(self) -> tuple[str, ...]: ...

    @property
    def procs(self) -> str: ...

    def kills(self) -> int: ...

    def holds(self, pid: int, /) -> bool: ...


class Bounds:
    """The bounds of a process. Make them before it starts, then call ``follow``, and ``close`` at its end."""

    def __init__(
        self,
        limits: Limits,
        host: Path,
        writable: Sequence[str],
        groups: Sequence[LimitingGroup] | None = None,
    ) -> None:
        """host: the folder of this host, as its name and for a note. writable: what user code may fill.

        groups: from ``groups_of``, if the process has joined them already.
        """
        self.broken = ""
        """The sentence that says which limit was exceeded; empty until then. Any thread may read it."""
        self._limits = limits
        self._note = host / NOTE
        self._groups: Sequence[LimitingGroup] = groups_of(limits, host) if groups is None else groups
        self._disk = DiskUsage(_outermost(writable), limits.disk_bytes)
        self._kills = sum(group.kills() for group in self._groups)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def prefix(self) -> list[str]:
        """The command prefix that puts a command, and all it starts, within the bounds."""
        return ["/bin/sh", "-c", _ENTER, "sh", *(group.procs for group in self._groups), "--"]

    @property
    def disk_percent(self) -> float | None:
        """How full the volume was when it was last counted; None without a limit."""
        limit = self._limits.disk_bytes
        return min(100.0 * self._disk.used / limit, 100.0) if limit else None

    def count_also(self, folder: str) -> None:
        """Has a further folder count that user code may fill. It may be called after ``follow``."""
        self._disk.add(folder)

    def follow(self, pid: int, members: Callable[[dict[int, Process]], set[int]]) -> None:
        """Starts the thread that measures. members: returns the ids of the job's processes."""
        self._thread = threading.Thread(target=self._watch, args=(pid, members), name="bounds", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops measuring and removes the groups. Call it when the process and its children have ended."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if not self.broken:
            self.broken = self._killed()
        forget_groups(self._note)

    def _watch(self, pid: int, members: Callable[[dict[int, Process]], set[int]]) -> None:
        while not self._over.wait(LOOK_EVERY_S) and not self.broken:
            kept = {name for group in self._groups if group.holds(pid) for name in group.controllers}
            try:
                found = self._killed() or self._measured(members, kept) or self._disk_broken()
            except (OSError, ValueError) as error:
                note_exception(error)  # something changed while it was looked at: the next look sees it again
                continue
            if not self._over.is_set():
                self.broken = found

    def _measured(self, members: Callable[[dict[int, Process]], set[int]], kept: set[str]) -> str:
        limits = self._limits
        if {"memory", "pids"} <= kept:
            return ""
        pids = members(everything())
        if "memory" not in kept and limits.memory_bytes and pids:
            used = memory_bytes(pids, limits.memory_bytes, tmpfs_bytes(min(pids)))
            if used > limits.memory_bytes:
                return self._out_of_memory()
        if "pids" not in kept and limits.processes and len(pids) > limits.processes:
            return f"The job started more than {limits.processes} processes, and no host may have more."
        return ""

    def _killed(self) -> str:
        return self._out_of_memory() if sum(group.kills() for group in self._groups) > self._kills else ""

    def _out_of_memory(self) -> str:
        limits = self._limits
        instance = f" ({limits.instance})" if limits.instance else ""
        more = (
            f" Choose an instance type with more, {limits.larger}, or"
            if limits.larger
            else " Choose more, or"
        )
        return (
            f"Out of memory: the host has {_in_words(limits.memory_bytes)}{instance} and the job needed more."
            f"{more} hold less of the data at a time."
        )

    def _disk_broken(self) -> str:
        limits = self._limits
        if not limits.disk_bytes:
            return ""
        used = self._disk.look()
        if used <= limits.disk_bytes:
            return ""
        if used >= UNCOUNTABLE:
            return "The job's folders are too many levels deep to count what they take of its volume."
        volume = _in_words(limits.disk_bytes)
        return (
            f"Out of disk: the job wrote {_in_words(used)} and its volume has {volume}. "
            "Ask for more in VolumeSizeInGB, or write less."
        )


def _in_words(size: int) -> str:
    return f"{size / _GIB:.3g} GiB"


def group_name(host: Path) -> str:
    """Returns the name of a host's control groups, made from its folder."""
    return f"clary-{hashlib.sha256(os.fsencode(host)).hexdigest()[:16]}"


def _outermost(folders: Sequence[str]) -> list[str]:
    """Returns the folders that lie in none of the others."""
    kept: list[str] = []
    for folder in sorted(set(folders)):
        if not any(folder.startswith(f"{other}/") for other in kept):
            kept.append(folder)
    return kept
