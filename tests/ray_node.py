"""A Ray cluster of one node, of the tests' own: small, on loopback, on ports that are free."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.harness.peers import PeerMissing, peer_environment
from bench.harness.processes import clean_environ, free_port

ADDRESS = "127.0.0.1"
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # This node is not what somebody's token on this machine is for.
    "RAY_AUTH_MODE": "disabled",
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_metrics_collection": "0",
}
START_S = 90.0


def missing() -> str:
    """Why there is no Ray here; empty if there is."""
    try:
        peer_environment("ray")
    except PeerMissing as error:
        return str(error)
    return ""


@dataclass(slots=True)
class RayNode:
    """A head that is its own only node."""

    folder: Path
    programs: Path
    cpus: int
    port: int = field(default_factory=free_port)
    client_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def python(self) -> str:
        return str(self.programs / "python")

    @property
    def address(self) -> str:
        return f"{ADDRESS}:{self.port}"

    @property
    def client_address(self) -> str:
        return f"ray://{ADDRESS}:{self.client_port}"

    def start(self) -> None:
        """Returns when the head answers. Raises RuntimeError."""
        with (self.folder / "ray.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self.programs / "ray", "start", "--head", "--block", "--disable-usage-stats"),
                    *("--num-cpus", str(self.cpus), "--memory", str(4 << 30)),
                    # It has neither: Ray counts what it is told.
                    *("--num-gpus", "4", "--resources", '{"spot": 2}'),
                    *("--object-store-memory", str(80 << 20), "--include-dashboard", "false"),
                    *("--include-log-monitor", "false", "--node-ip-address", ADDRESS),
                    *("--port", str(self.port), "--ray-client-server-port", str(self.client_port)),
                    *("--temp-dir", str(self.folder / "r")),
                ],
                env={**clean_environ(), **SETTINGS},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + START_S
        while "Ray runtime started" not in (self.folder / "ray.log").read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "ray.log").read_text(errors="replace"))
            time.sleep(0.05)

    def kill(self) -> None:
        """Ends everything of Ray at once, as a loss of power does. Agents of hosts go on."""
        assert self._process is not None
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        (self.folder / "ray.log").unlink()

    def _processes(self) -> list[int]:
        """Ray's own processes: each has the folder of this cluster in its command or below its parents."""
        assert self._process is not None
        mark = str(self.folder / "r").encode()
        found = {self._process.pid}
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes():
                    found.add(int(path.parent.name))
        children: dict[int, list[int]] = {}
        # An agent is not one of Ray's processes, nor is what starts agents, which ends by itself.
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                if b"clary.host.forker" in (path.parent / "cmdline").read_bytes():
                    continue
                parent = int(path.read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(path.parent.name))
        waiting = list(found)
        while waiting:
            for child in children.get(waiting.pop(), []):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return list(found)


@contextlib.contextmanager
def ray_node(cpus: int = 5) -> Iterator[RayNode]:
    """Starts a node, and kills it at the end."""
    os.environ.update({name: text for name, text in SETTINGS.items() if name == "RAY_AUTH_MODE"})
    # Ray makes sockets below its folder, and the path of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        node = RayNode(Path(folder), peer_environment("ray"), cpus)
        node.start()
        try:
            yield node
        finally:
            node.kill()
