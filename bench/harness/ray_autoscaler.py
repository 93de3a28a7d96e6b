"""A Ray cluster that begins with a head alone. Ray's own autoscaler starts its other nodes and ends them.

    head ── autoscaler ── MachineProvider ── HTTP ── Provider, in this process
             (clients/ray_provider.py)                 └─ powers machines on and off

A provider is how the autoscaler of every cloud works. The machines of this one are those of ``machines.py``.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.harness.bench import CLIENTS
from bench.harness.machines import machines
from bench.harness.peers import peer_environment
from bench.harness.ray_cluster import RayCluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.harness.machines import Machine

HEAD_TYPE, NODE_TYPE = "head", "machine"
HEAD_MEMORY_BYTES = 1 << 30
CONFIG = "/tmp/autoscaler.json"
"""Of the autoscaler: the file, on the head."""
KIND_TAG, TYPE_TAG = "ray-node-type", "ray-user-node-type"
WAIT_S = 60.0
"""How long the end of a cluster waits for the answer that the autoscaler gets at this moment."""


@dataclass(slots=True)
class AutoscaledCluster(RayCluster):
    """The head has no CPUs of its own, so everything waits for a node."""

    def size_of(self, machine: Machine) -> tuple[int, int]:
        return (0, HEAD_MEMORY_BYTES) if machine is self.head else (self.cpus, self.memory_bytes)

    def environ_of(self, machine: Machine) -> dict[str, str]:
        return {
            **self.environ,
            "RAY_enable_autoscaler_v2": "1",
            "RAY_CLOUD_INSTANCE_ID": machine.name,
            "RAY_NODE_TYPE_NAME": HEAD_TYPE if machine is self.head else NODE_TYPE,
            "AUTOSCALER_UPDATE_INTERVAL_S": "1",
            **({"PYTHONPATH": str(CLIENTS)} if machine is self.head else {}),
        }

    def _as_head(self) -> Sequence[object]:
        # Not ``super()``: a dataclass with slots is another class than the one that is written here.
        return [*RayCluster._as_head(self), "--autoscaling-config", CONFIG]


@dataclass(slots=True)
class Provider:
    """Starts and ends nodes for the autoscaler, one after the other."""

    cluster: AutoscaledCluster
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Those that are on, by their names."""

    def answer(self, what: str, asked: dict[str, Any]) -> Any:
        """Raises LookupError when every machine is in use."""
        if what == "start":
            spare = [each for each in self.cluster.machines.all if each.name not in self.nodes]
            if not spare:
                raise LookupError("every machine is in use")
            if not spare[0].is_on:
                self.cluster.machines.power_on(spare[0])
            self.cluster.start(spare[0])
            self._add(spare[0], asked["tags"])
        elif what == "end":
            del self.nodes[asked["node"]]
            next(each for each in self.cluster.machines.all if each.name == asked["node"]).power_off()
        elif what == "tag":
            self.nodes[asked["node"]]["tags"] |= asked["tags"]
        return self.nodes

    def add_head(self) -> None:
        self._add(self.cluster.head, {KIND_TAG: "head", TYPE_TAG: HEAD_TYPE, "ray-node-status": "up-to-date"})

    def added(self) -> list[str]:
        """Returns the names of the nodes that the autoscaler has started and not ended."""
        return [name for name in list(self.nodes) if name != self.cluster.head.name]

    def _add(self, machine: Machine, tags: dict[str, str]) -> None:
        self.nodes[machine.name] = {"tags": dict(tags), "address": machine.address}


@contextlib.contextmanager
def autoscaled_cluster(
    most: int, *, cpus: int, memory_bytes: int, idle_s: float, own: Sequence[str | Path] = ()
) -> Iterator[tuple[AutoscaledCluster, Provider]]:
    """Starts a head whose autoscaler may start up to ``most`` nodes, and ends everything.

    cpus, memory_bytes: of each node, as Ray counts them. idle_s: a node that has nothing to do is ended then.
    Raises peers.PeerMissing where Ray can't be installed.
    """
    programs = peer_environment("ray")
    with machines(most + 1, own=own, shown=[programs.parent]) as made:
        cluster = AutoscaledCluster(made, programs, cpus, memory_bytes, False, False)
        provider = Provider(cluster)
        provider.add_head()
        with _answering(provider, made.address) as url:
            cluster.head.own_path(CONFIG).write_text(
                json.dumps(_config(url, most, cpus, memory_bytes, idle_s))
            )
            cluster.start(cluster.head)
            cluster.wait_for_head()
            yield cluster, provider


def _config(url: str, most: int, cpus: int, memory_bytes: int, idle_s: float) -> dict[str, Any]:
    """The configuration as ``ray up`` takes it."""
    return {
        "cluster_name": "machines",
        "max_workers": most,
        "idle_timeout_minutes": idle_s / 60,
        "provider": {
            "type": "external",
            "module": "ray_provider.MachineProvider",
            "url": url,
            # Nodes come with Ray, and start it themselves.
            "disable_node_updaters": True,
        },
        # It looks for these, though nothing is set up.
        "auth": {},
        "cluster_synced_files": [],
        **{f"{which}setup_commands": [] for which in ("", "head_", "worker_")},
        "head_node_type": HEAD_TYPE,
        "available_node_types": {
            HEAD_TYPE: {
                "resources": {"CPU": 0, "memory": HEAD_MEMORY_BYTES},
                "node_config": {},
                "max_workers": 0,
            },
            NODE_TYPE: {
                "resources": {"CPU": cpus, "memory": memory_bytes},
                "node_config": {},
                "min_workers": 0,
                "max_workers": most,
            },
        },
    }


@contextlib.contextmanager
def _answering(provider: Provider, address: str) -> Iterator[str]:
    """Serves a provider to the head; gives its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            try:
                said, status = provider.answer(self.path.strip("/"), asked), 200
            except Exception as error:
                said, status = {"error": str(error)}, 500
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = http.server.HTTPServer((address, 0), Handler)
    # Machines end with the thread that has started them: this one serves as long as the cluster runs.
    thread = threading.Thread(target=server.serve_forever, name="provider of machines", daemon=True)
    thread.start()
    try:
        yield f"http://{address}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(WAIT_S)
        server.server_close()
