"""Training on several hosts, through XGBoost's own communicator.

The first host (by name) runs the tracker; every host is one worker.
"""

from __future__ import annotations

import contextlib
import inspect
import socket
import threading
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
    with contextlib.ExitStack() as stack:
        if current_host == names[0]:
            tracker_port = stack.enter_context(_tracker(address, port, len(names)))
        else:
            tracker_port = _ask_port(address, port)
        arguments = {
            "dmlc_tracker_uri": address,
            "dmlc_tracker_port": tracker_port,
            "dmlc_task_id": str(names.index(current_host)),
        }
        if _is_old():
            arguments = {name.upper(): str(value) for name, value in arguments.items()}
        stack.enter_context(collective.CommunicatorContext(**arguments))
        yield


@contextlib.contextmanager
def _tracker(address: str, gate: int, workers: int) -> Iterator[int]:
    """Runs the tracker on a free port, and tells the port to who asks at the gate.

    The tracker takes every visitor for a worker, and a fixed port stays taken for a while after a job: so
    neither can workers try whether it is there, nor can it have the port that they know.
    """
    tracker = RabitTracker(host_ip=address, n_workers=workers, port=0)
    tracker.start(*([workers] if "n_workers" in inspect.signature(tracker.start).parameters else []))
    said = tracker.worker_envs() if _is_old() else tracker.worker_args()
    port = next(int(value) for name, value in said.items() if name.upper() == "DMLC_TRACKER_PORT")
    with socket.create_server((address, gate), backlog=workers) as server:
        threading.Thread(target=_tell_port, args=(server, port), daemon=True).start()
        yield port
    (tracker.join if _is_old() else tracker.wait_for)()


def _tell_port(server: socket.socket, port: int) -> None:
    with contextlib.suppress(OSError):  # the server is closed when the work is done
        while True:
            visitor, _ = server.accept()
            with visitor:
                visitor.sendall(str(port).encode())


def _ask_port(address: str, gate: int) -> int:
    """The tracker's port, asked at the gate as soon as it is open."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with contextlib.suppress(OSError, ValueError):
            return _hear(address, gate)
        if time.monotonic() > deadline:
            raise RuntimeError(f"the first host, {address}, did not start its tracker in {_PATIENCE_S:.0f} s")
        time.sleep(0.05)


def _hear(address: str, gate: int) -> int:
    with socket.create_connection((address, gate), timeout=5.0) as visitor:
        return int(visitor.recv(16))


def _is_old() -> bool:
    return tuple(int(part) for part in xgb.__version__.split(".")[:2]) < (2, 1)
