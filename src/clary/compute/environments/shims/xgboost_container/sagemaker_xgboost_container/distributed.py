"""Training on several hosts, through XGBoost's own communicator.

The first host (by name) runs the tracker; every host is one worker.
"""

from __future__ import annotations

import contextlib
import inspect
import socket
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost as xgb  # type: ignore[import-not-found, unused-ignore]
from xgboost import collective  # type: ignore[import-not-found, unused-ignore]
from xgboost.tracker import RabitTracker  # type: ignore[import-not-found, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_S = 120.0


def rabit_run(
    exec_fun: Any,
    args: dict[str, Any],
    include_in_training: bool,
    hosts: list[str],
    current_host: str,
    first_port: int = 9099,
    second_port: int = 9100,
    max_connect_attempts: int = 0,
    connect_retry_timeout: int = 0,
    update_rabit_args: bool = False,
) -> None:
    """Calls ``exec_fun(**args)`` on each host that has data, with those hosts connected.

    With ``update_rabit_args`` the arguments gain ``is_master``. A first round finds out which hosts have
    data; the others return at once. Connecting is tried for two minutes, whatever the attempts say.
    """
    taking_part = hosts
    if len(hosts) > 1:
        with connected(hosts, current_host, first_port):
            present = np.array(
                [float(host == current_host and include_in_training) for host in sorted(hosts)]
            )
            present = collective.allreduce(present, collective.Op.SUM)
        taking_part = [host for host, there in zip(sorted(hosts), present) if there]  # noqa: B905  # Python 3.8
    if not include_in_training:
        return
    first = sorted(taking_part)[0]
    if update_rabit_args:
        args = {**args, "is_master": current_host == first}
    if len(taking_part) == 1:
        exec_fun(**args)
        return
    with connected(taking_part, current_host, second_port):
        exec_fun(**args)


@contextlib.contextmanager
def connected(hosts: list[str], current_host: str, port: int) -> Iterator[None]:
    """Connects this host with the others for the length of a ``with`` block."""
    names = sorted(hosts)
    address = socket.gethostbyname(names[0])
    tracker = _started_tracker(address, port, len(names)) if current_host == names[0] else None
    if tracker is None:
        _wait_for(address, port)
    arguments = {
        "dmlc_tracker_uri": address,
        "dmlc_tracker_port": port,
        "dmlc_task_id": str(names.index(current_host)),
    }
    if _is_old():
        arguments = {name.upper(): str(value) for name, value in arguments.items()}
    with collective.CommunicatorContext(**arguments):
        yield
    if tracker is not None:
        (tracker.join if _is_old() else tracker.wait_for)()


def _started_tracker(address: str, port: int, workers: int) -> Any:
    tracker = RabitTracker(host_ip=address, n_workers=workers, port=port)
    tracker.start(*([workers] if "n_workers" in inspect.signature(tracker.start).parameters else []))
    return tracker


def _wait_for(address: str, port: int) -> None:
    """Until the tracker listens: a worker that comes too early would give up."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with contextlib.closing(socket.socket()) as probe:
            if probe.connect_ex((address, port)) == 0:
                return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the first host did not start its tracker on {address}:{port}")
        time.sleep(0.05)


def _is_old() -> bool:
    return tuple(int(part) for part in xgb.__version__.split(".")[:2]) < (2, 1)
