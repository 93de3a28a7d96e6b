"""Starts a Ray head, which accepts jobs on loopback."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, running, wait_until_answered

if TYPE_CHECKING:
    import contextlib


@dataclass(frozen=True, slots=True)
class RayHead:
    python: Path
    address: str
    environ: dict[str, str]


@lru_cache(maxsize=1)
def ray_head(stack: contextlib.ExitStack, folder: Path) -> RayHead:
    """The Ray head of a stack. The first call starts it; it ends with the stack. Raises peers.PeerMissing."""
    python = peer_environment("ray") / "python"
    environ = {**clean_environ(), "RAY_USAGE_STATS_ENABLED": "0"}
    port = free_port()
    # Ray creates sockets below its folder, and the path of a socket may have at most 107 bytes.
    scratch = Path(
        stack.enter_context(tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True))
    )
    command = [
        *(python.parent / "ray", "start", "--head", "--block", "--num-cpus", "2"),
        *("--node-ip-address", "127.0.0.1", "--port", str(free_port()), "--temp-dir", scratch),
        *("--dashboard-host", "127.0.0.1", "--dashboard-port", str(port), "--disable-usage-stats"),
    ]
    process = stack.enter_context(running(command, folder=folder, environ=environ, log="ray.log"))
    wait_until_answered(port, "/api/version", process)
    return RayHead(python, f"http://127.0.0.1:{port}", environ)
