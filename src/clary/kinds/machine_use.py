"""How much of the machine is in use, as services tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Of the disk that holds the state.

    parts: of the state folder, by name: (bytes, whether all of it was counted).
    """

    total_bytes: int
    free_bytes: int
    parts: Mapping[str, tuple[int, bool]]


@dataclass(frozen=True, slots=True)
class MachineUse:
    """What the machine has, what running jobs take of it, and how many jobs run and wait."""

    cpus: float
    memory_bytes: int
    gpus: int
    used_cpus: float
    used_memory_bytes: int
    used_gpus: int
    running: int
    waiting: int
    disk: DiskUse
