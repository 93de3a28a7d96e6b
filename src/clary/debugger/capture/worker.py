"""The rank of this process in a training, and the claim by which one process of a host becomes the writer."""

from __future__ import annotations

import json
import os
import socket
from typing import Any, NamedTuple

RESOURCES = "/opt/ml/input/config/resourceconfig.json"
CLAIM = "claim.smd"


class Worker(NamedTuple):
    """One worker of a training. world_size: the number of workers."""

    rank: int = 0
    world_size: int = 1

    @property
    def name(self) -> str:
        return "worker_{}".format(self.rank)


def host_worker() -> Worker:
    """The worker of this host, for processes without a distributed framework: one per host, in order."""
    try:
        resources = _resources()
        hosts = sorted(resources["hosts"], key=lambda name: (len(name), name))
        return Worker(hosts.index(resources["current_host"]), len(hosts))
    except (OSError, ValueError, KeyError, TypeError):
        return Worker()


def host_name() -> str:
    """The name of this host in the job, such as ``algo-1``; the machine's name outside a job."""
    try:
        return str(_resources()["current_host"])
    except (OSError, ValueError, KeyError, TypeError):
        return socket.gethostname()


def _resources() -> dict[str, Any]:
    base = os.environ.get("SAGEMAKER_BASE_DIR")
    path = os.path.join(base, "input/config/resourceconfig.json") if base else RESOURCES
    with open(path, encoding="utf-8") as file:
        resources: dict[str, Any] = json.load(file)
        return resources


def claim(root: str) -> bool:
    """Whether this process may write below ``root``.

    The first process of a host that asks gets the claim and keeps it until it releases it or ends.
    Raises OSError.
    """
    os.makedirs(root, exist_ok=True)
    path = os.path.join(root, CLAIM)
    for _ in range(2):
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            if _holder_lives(path):
                return False
            _remove(path)
            continue
        with open(descriptor, "w") as file:
            file.write(str(os.getpid()))
        return True
    return False


def release_claim(root: str) -> None:
    """Lets another process claim ``root``. Does not raise."""
    _remove(os.path.join(root, CLAIM))


def _holder_lives(path: str) -> bool:
    try:
        with open(path) as file:
            pid = int(file.read() or 0)
    except (OSError, ValueError):
        return True  # the file is being written at this moment
    if pid in (0, os.getpid()):
        return pid == 0
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
