"""A Ray cluster of several machines (``machines.py``), each with its own ``ray start``.

The head is the first machine. Every node has a few CPUs by ``--num-cpus``, however few this machine has.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.harness.bench import run_client
from bench.harness.machines import Machine, Machines, machines
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

PORT, CLIENT_PORT, DASHBOARD_PORT = 6379, 10001, 8265
TEMPORARY = "/tmp/ray"
"""On each machine: a folder of its own."""
STORE_BYTES = 100 << 20
START_S = 120.0
TRIES = 2
"""How often a ``ray start`` is repeated that has ended while it is waited for."""
DURABLE = {"RAY_gcs_storage": "rocksdb", "RAY_gcs_storage_path": f"{TEMPORARY}-gcs"}
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # A worker for each CPU would be started in advance, 60 MB each.
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
    # A machine without power is known to be dead after a few seconds, not after half a minute.
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}


@dataclass(slots=True)
class RayCluster:
    """A running cluster. programs: Ray's environment, its ``bin`` folder.

    durable: the head keeps what it knows on its disk, and knows it again when it is started again.
    """

    machines: Machines
    programs: Path
    cpus: int
    memory_bytes: int
    dashboard: bool
    durable: bool
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further ones of Ray on the nodes."""
    token: str = field(default_factory=lambda: uuid.uuid4().hex * 2)
    """What a driver has to know: the cluster refuses others."""
    _started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def head(self) -> Machine:
        return self.machines[0]

    @property
    def address(self) -> str:
        """Where a driver on a node connects."""
        return f"{self.head.address}:{PORT}"

    @property
    def client_address(self) -> str:
        """Where Ray Client connects, from any machine."""
        return f"ray://{self.head.address}:{CLIENT_PORT}"

    @property
    def jobs_address(self) -> str:
        """Where ``ray job submit`` connects; only with a dashboard."""
        return f"http://{self.head.address}:{DASHBOARD_PORT}"

    @property
    def access(self) -> dict[str, str]:
        """The variables with which a driver is let in."""
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token}

    @property
    def environ(self) -> dict[str, str]:
        durable = DURABLE if self.durable else {}
        return {**clean_environ(), **SETTINGS, **self.access, **durable, **self.variables}

    def start(self, machine: Machine) -> None:
        """Runs ``ray start`` on a machine. Returns before it has joined: see ``wait_for_nodes``."""
        cpus, memory_bytes = self.size_of(machine)
        command = [
            *(self.programs / "ray", "start", "--block", "--node-ip-address", machine.address),
            *("--num-cpus", cpus, "--memory", memory_bytes, "--object-store-memory", STORE_BYTES),
            *("--disable-usage-stats", "--include-log-monitor=false"),
            *(self._as_head() if machine is self.head else ("--address", self.address)),
        ]
        self._started[machine.name] = machine.start(
            [str(part) for part in command], environ=self.environ_of(machine), log="ray.log"
        )

    def size_of(self, machine: Machine) -> tuple[int, int]:
        """Returns the CPUs and the bytes of memory that Ray is told a machine has."""
        return self.cpus, self.memory_bytes

    def environ_of(self, machine: Machine) -> dict[str, str]:
        """Returns the variables of Ray on a machine."""
        return self.environ

    def drain(self, machine: Machine, *, deadline_s: int) -> None:
        """Tells Ray that a machine is taken away soon, as the notice of a spot machine does."""
        command = [
            *(self.programs / "ray", "drain-node", "--address", self.address),
            *("--node-id", self._nodes()[machine.address], "--reason", "DRAIN_NODE_REASON_PREEMPTION"),
            *("--reason-message", "its spot machine is taken back"),
            *("--deadline-remaining-seconds", deadline_s),
        ]
        self.head.run([str(part) for part in command], environ=self.environ)

    def wait_for_head(self) -> None:
        """Waits until the head accepts nodes and drivers. Raises RuntimeError."""
        ports = [PORT, CLIENT_PORT, *([DASHBOARD_PORT] if self.dashboard else [])]
        for port in ports:
            self._wait(functools.partial(_answers, self.head.address, port), f"the head at port {port}")

    def wait_for_nodes(self, count: int) -> None:
        """Waits until this many nodes are alive. Raises RuntimeError."""
        self._wait(lambda: len(self.alive()) == count, f"{count} nodes")

    def alive(self) -> list[str]:
        """Returns the addresses of the nodes that Ray has for alive."""
        try:
            return sorted(self._nodes())
        except RuntimeError:  # the head does not answer yet
            return []

    def kill(self, machine: Machine) -> None:
        """Kills Ray's own processes on a machine, as ``kill -9`` does. Whatever else runs there continues."""
        names = (
            "raylet/raylet|gcs/gcs_server|ray/dashboard|ray/_private|ray[.]util[.]client|^ray::|bin/ray start"
        )
        with contextlib.suppress(subprocess.CalledProcessError):  # none was there
            machine.run(["pkill", "--signal", "KILL", "--full", names])
        started = self._started.pop(machine.name, None)
        if started is not None:
            started.wait()

    def ended(self, machine: Machine) -> bool:
        """Returns whether Ray has ended on a machine. ``start`` starts it again, as systemd would."""
        return self._started[machine.name].poll() is not None

    def _nodes(self) -> dict[str, str]:
        """Returns the ids of the nodes that Ray has for alive, by their addresses. Raises RuntimeError."""
        found: dict[str, str] = run_client(
            "ray_nodes.py", self.environ, python=self.programs / "python", address=self.address
        )
        return found

    def _as_head(self) -> Sequence[object]:
        return (
            *("--head", "--port", PORT, "--ray-client-server-port", CLIENT_PORT, "--temp-dir", TEMPORARY),
            *("--include-dashboard", str(self.dashboard).lower()),
            *("--dashboard-host", self.head.address, "--dashboard-port", DASHBOARD_PORT),
        )

    def _wait(self, holds: Callable[[], bool], what: str) -> None:
        """Waits for a fact. A ``ray start`` that has ended is repeated, as systemd would.

        Ray gives up what does not start within 30 s, which happens on a machine that is busy.
        """
        until = time.monotonic() + START_S
        tries = dict.fromkeys((machine.name for machine in self.machines.all), TRIES)
        while not holds():
            for machine in self.machines.all:
                started = self._started.get(machine.name)
                if started is None or not machine.is_on or started.poll() is None:
                    continue
                if not tries[machine.name]:
                    raise RuntimeError(f"Ray ended on {machine.name}: {self.log(machine.name)}")
                tries[machine.name] -= 1
                self.kill(machine)
                self.start(machine)
                until = time.monotonic() + START_S
            if time.monotonic() > until:
                raise RuntimeError(f"no {what} within {START_S:.0f} s: {self.log(self.head.name)}")
            time.sleep(0.1)

    def log(self, name: str) -> str:
        """Returns the end of what ``ray start`` printed on a machine."""
        machine = next(machine for machine in self.machines.all if machine.name == name)
        return (machine.folder / "ray.log").read_text(errors="replace")[-3000:]


@contextlib.contextmanager
def ray_cluster(
    nodes: int = 4,
    *,
    cpus: int = 2,
    memory_bytes: int = 8 << 30,
    dashboard: bool = False,
    durable: bool = False,
    own: Sequence[str | Path] = (),
    shown: Sequence[str | Path] = (),
    variables: Mapping[str, str] | None = None,
) -> Iterator[RayCluster]:
    """Starts a cluster, and ends it. Raises peers.PeerMissing where Ray can't be installed.

    cpus, memory_bytes: of each node, as Ray counts them. own, shown: see ``machines``. variables: of Ray on
    the nodes.
    """
    programs = peer_environment("ray")
    with machines(nodes, own=own, shown=[programs.parent, *shown]) as made:
        cluster = RayCluster(made, programs, cpus, memory_bytes, dashboard, durable, variables or {})
        cluster.start(cluster.head)
        cluster.wait_for_head()
        for machine in made.all[1:]:
            cluster.start(machine)
        cluster.wait_for_nodes(nodes)
        yield cluster


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
