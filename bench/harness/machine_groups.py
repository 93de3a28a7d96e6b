"""The control groups of machines: what runs on them, and the groups that agents make there, is below."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids", "cpuacct")


def parents_of_groups(name: str) -> list[str]:
    """Returns the folders, of all hierarchies, that hold the groups of machines of one ``name``."""
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        for controller in controllers.split(",") if controllers else ("", "unified"):
            if not controllers or controller in CONTROLLERS:
                parent = ROOT / controller / own.lstrip("/")
                if (parent / "cgroup.procs").exists() and os.access(parent, os.W_OK):
                    found.append(str(parent / name))
    return found


def make_groups(name: str, machine: str) -> tuple[str, ...]:
    """Makes the groups of one machine."""
    groups = tuple(f"{parent}/{machine}" for parent in parents_of_groups(name))
    for group in groups:
        os.makedirs(group, exist_ok=True)
    return groups


def cpu_s(groups: tuple[str, ...]) -> float:
    """Returns the seconds of CPU that a machine has used, including its processes that have ended."""
    for group in groups:
        for file, lines, unit_s in (("cpuacct.usage", 0, 1e-9), ("cpu.stat", 1, 1e-6)):
            path = Path(group, file)
            if path.exists():
                said = path.read_text().split()
                return int(said[lines]) * unit_s
    raise LookupError("no control group of this machine counts CPU")
