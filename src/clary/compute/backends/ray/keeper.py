"""What runs on a node: starts its agents as on one machine, and finds those that run.

    <folder>/code/<digest>/clary            the code
    <folder>/environments/                  what hosts have brought here of the server's environments
    <folder>/<namespace>/<address>/hosts/   the hosts of this node

The address is a part of the path, since nodes may share a home folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from clary.compute.backends.container import ContainerBackend
from clary.compute.engine_images import EngineImages
from clary.compute.environments.node import for_node
from clary.domain.hosts.protocol import version

from .interfaces import interface_of
from .kept_code import CODE, note_code, remove_old_code
from .node_report import node_report

_OF_RAY = ("RAY_", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PYTHONPATH", "PYTHONUNBUFFERED")
"""What Ray sets for its own workers: a keeper takes no GPU and one thread, its agents are something else."""


class Keeper:
    """The hosts of one node. Every method may be called again."""

    def __init__(
        self,
        folder: str,
        namespace: str,
        address: str,
        sandbox: str,
        delivery_s: float,
        environments_bytes: int,
    ) -> None:
        for name in [name for name in os.environ if name.startswith(_OF_RAY)]:
            del os.environ[name]
        self._address = address
        self._environments = Path(folder).expanduser() / "environments"
        self._environments_bytes = environments_bytes
        root = Path(folder).expanduser() / namespace / address.replace(":", "-") / "hosts"
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        # With containers where the node has an engine: a job without one is as in a ProcessBackend.
        self._backend = ContainerBackend(root, sandbox=sandbox, delivery_s=delivery_s)
        remove_old_code(Path(folder).expanduser(), CODE)

    async def about(self) -> dict[str, Any]:
        """What a node is like, for the specs of hosts and for ``clary doctor``."""
        return {
            "interface": await asyncio.to_thread(interface_of, self._address),
            "python": sys.version.split()[0],
            "protocol": version(),
            "folder": str(self._backend.root),
            "free_bytes": shutil.disk_usage(self._backend.root).free,
        }

    async def report(self, url: str) -> dict[str, Any]:
        """What ``clary doctor`` says of this node. url: of the server, as this node should reach it."""
        return await asyncio.to_thread(node_report, self._backend.root, url)

    async def image(self, name: str) -> dict[str, Any]:
        """What the container engine of this node has under a name."""
        images = EngineImages(os.environ)
        found = await asyncio.to_thread(images.find, name)
        container = None if found is None else found.container
        return {"engine": images.answers(), "id": "" if container is None else container.id}

    async def launch(self, host_id: str, spec: str) -> None:
        """spec: the JSON of a HostSpec."""
        if not CODE.is_dir():
            raise LookupError("somebody has removed this node's code of Clary")
        given = await asyncio.to_thread(
            for_node, json.loads(spec), self._environments, self._backend.root, self._environments_bytes
        )
        note_code(self._backend.root / host_id, CODE)
        await self._backend.launch_text(host_id, json.dumps(given))

    async def poll(self, hosts: list[str]) -> list[int | None]:
        return [await self._backend.poll(host) for host in hosts]

    async def wait(self, host: str, patience_s: float) -> int | None:
        return await self._backend.wait(host, patience_s)

    async def last_words(self, host: str) -> str:
        return await self._backend.last_words(host)

    async def stop(self, host: str) -> None:
        await self._backend.stop(host)

    async def forget(self, host: str) -> None:
        await self._backend.forget(host)

    async def handles(self) -> list[str]:
        return await self._backend.handles()
