"""Divides the GPUs of a machine among its hosts.

A host takes as many as its instance type has, by a lock for each. A lock ends with its agent, in any way. On
the node of a cluster, which divides its GPUs, the spec says which ones (``gpu_ids``).
"""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING

from .notes import note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DRIVER = "/proc/driver/nvidia/gpus"
"""Has an entry for each GPU. Their order is that of nvidia-smi, and of CUDA with PCI_BUS_ID."""
FOLDER = "gpus"
"""Beside that of the hosts."""
PATIENCE_S = 60.0
"""The agent before this one may still be ending: its capacity is free a moment earlier."""
_LOOK_EVERY_S = 0.05


def take_gpus(count: int, hosts: Path) -> list[int]:
    """Returns the numbers of as many GPUs, which belong to this process until it ends.

    hosts: the folder in which the hosts of this machine lie. Those that are taken, after a while, are noted
    and shared: a job that waits for ever would be worse.
    """
    folder = hosts.with_name(FOLDER)
    folder.mkdir(exist_ok=True)
    wanted: list[int] = []
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        for number in range(max(count, _present())):
            if len(wanted) < count and number not in wanted and _locked(folder / str(number)):
                wanted.append(number)
        if len(wanted) == count:
            return sorted(wanted)
        if time.monotonic() > give_up_at:
            free = [number for number in range(max(count, _present())) if number not in wanted]
            note(f"GPUs {free[: count - len(wanted)]} are shared with another host")
            return sorted([*wanted, *free[: count - len(wanted)]])
        time.sleep(_LOOK_EVERY_S)


def cuda_variables(gpus: Sequence[int | str]) -> dict[str, str]:
    """Returns what has CUDA see these GPUs only, where no container does that."""
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus))}


def _present() -> int:
    try:
        return len(os.listdir(DRIVER))
    except OSError:
        return 0


def _locked(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    return True  # it stays open until this process ends
