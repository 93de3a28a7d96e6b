"""The control groups of one host, which limit its memory and processes.

First version 2 is tried: below the nearest group above this process that gives both controllers to its
children (root has one nearly everywhere, a user where systemd delegates one). Then version 1: below this
process's own group of each controller. Where none can be made, what the job uses is measured instead.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTE = "groups.json"
"""In a host's folder: which groups it has made, should its agent be killed."""
_REMOVE_S = 1.0
"""How long processes of a group that were killed may take to be gone."""
_NO_LIMIT_BYTES = 1 << 60
"""Version 1 has a number near 2 to the 63rd for no limit."""
_MEMORY, _PIDS = "memory", "pids"


@dataclass(frozen=True, slots=True)
class Group:
    """A control group. controllers: those of ``memory`` and ``pids`` that it limits."""

    folder: str
    controllers: tuple[str, ...]

    @property
    def procs(self) -> str:
        """The file to join by: a process that writes ``0`` into it joins, with its later children."""
        return f"{self.folder}/cgroup.procs"

    def kills(self) -> int:
        """Returns how many processes the kernel killed because the group had no memory left."""
        for name in ("memory.events", "memory.oom_control"):
            for line in _read(f"{self.folder}/{name}").splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0

    def limits_memory(self) -> bool:
        """Returns whether the kernel holds its processes to a limit: others may have made the group."""
        limit = (_read(f"{self.folder}/memory.max") or _read(f"{self.folder}/memory.limit_in_bytes")).strip()
        return limit.isdigit() and int(limit) < _NO_LIMIT_BYTES

    def holds(self, pid: int) -> bool:
        return str(pid) in _read(self.procs).split()

    def remove(self) -> None:
        """Removes the group. Waits up to a second for its processes to end."""
        until = time.monotonic() + _REMOVE_S
        while os.path.isdir(self.folder):
            try:
                os.rmdir(self.folder)
            except OSError:
                if time.monotonic() > until:
                    return
                time.sleep(0.01)


def make_groups(name: str, note: Path, *, memory_bytes: int, processes: int, cpus: int = 0) -> list[Group]:
    """Makes the groups of one host, as far as it can. name: unique on this machine. 0: no limit.

    cpus: the weight of the host when CPUs are short. It may use all idle CPUs.
    """
    wanted = {key: limit for key, limit in ((_MEMORY, memory_bytes), (_PIDS, processes)) if limit}
    places: list[tuple[str, dict[str, int]]] = []
    for parent, controllers in parents():
        mine = {controller: wanted[controller] for controller in controllers if controller in wanted}
        # Version 2 only with both: a process can't be in two of its groups.
        if mine and (len(controllers) == 1 or len(mine) == len(wanted)):
            places.append((f"{parent}/{name}", mine))
    if places:  # written down first, so that nothing is left behind
        note.write_text(json.dumps([folder for folder, _ in places]), encoding="utf-8")
    groups: list[Group] = []
    for folder, limits in places:
        if limits.keys() <= wanted.keys() and _made(folder, limits):
            _weigh(folder, cpus)
            groups.append(Group(folder, tuple(limits)))
            wanted = {key: limit for key, limit in wanted.items() if key not in limits}
    return groups


def forget_groups(note: Path) -> None:
    """Removes the groups that the note names, and the note."""
    try:
        folders = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for folder in folders:
        Group(folder, ()).remove()
    note.unlink(missing_ok=True)


def _made(folder: str, limits: dict[str, int]) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
        for controller, limit in limits.items():
            for file, value, needed in _settings(folder, controller, limit):
                if needed or os.path.exists(f"{folder}/{file}"):
                    _write(f"{folder}/{file}", value)
        if os.access(f"{folder}/cgroup.procs", os.W_OK):
            return True
    except OSError:
        pass
    Group(folder, ()).remove()
    return False


def _weigh(folder: str, cpus: int) -> None:
    """Sets the CPU weight of a group of version 2. In version 1 it would be one more group to join.

    The whole machine is 100, the default of every group: jobs do not get more than the server.
    """
    if cpus and os.access(f"{folder}/cpu.weight", os.W_OK):
        weight = max(1, min(100, round(100 * cpus / (os.cpu_count() or 1))))
        with suppress(OSError):
            _write(f"{folder}/cpu.weight", str(weight))


def _settings(folder: str, controller: str, limit: int) -> Iterator[tuple[str, str, bool]]:
    """Yields (file, value, required) in the order in which the kernel accepts them."""
    if controller == _PIDS:
        yield "pids.max", str(limit), True
    elif os.path.exists(f"{folder}/memory.max"):
        yield "memory.max", str(limit), True
        yield "memory.swap.max", "0", False
        yield "memory.oom.group", "1", False
    else:
        yield "memory.limit_in_bytes", str(limit), True
        yield "memory.memsw.limit_in_bytes", str(limit), False


def group_of(pid: int) -> Group | None:
    """Returns the group that counts the memory of a process of this machine; None when it can't be told."""
    for kind, controller in (("cgroup", _MEMORY), ("cgroup2", "")):
        mounted, path = _mounts(kind, controller), _path_of(pid, controller)
        if mounted is not None and path is not None:
            folder = _inside(*mounted, path)
            if folder != mounted[0]:
                return Group(folder, (_MEMORY,))
    return None


@cache
def parents() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Returns (folder, controllers) of the groups below which to try; found once in a process."""
    return (*_version_2(), *_version_1())


def _version_2() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields the nearest group above this process that gives both controllers to its children."""
    mounted = _mounts("cgroup2", "")
    own = _own_path("")
    if mounted is None or own is None:
        return
    top, shown = mounted
    folder = _inside(top, shown, own)
    while len(folder) >= len(top):
        given = _read(f"{folder}/cgroup.subtree_control").split()
        # A process may only be moved by who may write to the group that is above both places.
        if _MEMORY in given and _PIDS in given and os.access(f"{folder}/cgroup.procs", os.W_OK):
            yield folder, (_MEMORY, _PIDS)
            return
        folder = folder.rpartition("/")[0]


def _version_1() -> Iterator[tuple[str, tuple[str, ...]]]:
    for controller in (_MEMORY, _PIDS):
        mounted, own = _mounts("cgroup", controller), _own_path(controller)
        if mounted is not None and own is not None:
            yield _inside(*mounted, own), (controller,)


def _inside(top: str, shown: str, own: str) -> str:
    """Returns the folder of the group ``own``. top: a mount that shows the hierarchy from ``shown`` on."""
    relative = own[len(shown) :] if shown != "/" and own.startswith(shown) else own
    folder = f"{top}/{relative.strip('/')}".rstrip("/")
    return folder if ".." not in relative and os.path.isdir(folder) else top


def _mounts(kind: str, controller: str) -> tuple[str, str] | None:
    """Returns (mount point, the group mounted there) of a hierarchy."""
    for line in _read("/proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, (found, _source, options) = before.split(" "), after.split(" ", 2)
        if found == kind and (not controller or controller in options.split(",")):
            return fields[4], fields[3]
    return None


def _own_path(controller: str) -> str | None:
    return _path_of("self", controller)


def _path_of(pid: int | str, controller: str) -> str | None:
    for line in _read(f"/proc/{pid}/cgroup").splitlines():
        _number, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") if controller else not controllers:
            return path
    return None


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _write(path: str, value: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(value)
