"""A cluster's nodes, and this machine for hosts that have no node.

Evaluations of rules take no part of the cluster: they run beside the server, in its own environment. And
hosts that were started here before a cluster was configured go on here.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from clary.compute.environments.node import for_node

if TYPE_CHECKING:
    from clary.compute.backends.process import ProcessBackend
    from clary.domain.hosts import HostSpec

    from .backend import RayBackend


class ClusterAndHere:
    """As ``Backend``. A host with a folder on this machine is here, every other one on a node."""

    def __init__(self, cluster: RayBackend, here: ProcessBackend) -> None:
        self._cluster = cluster
        self._here = here

    async def launch(self, host_id: str, spec: HostSpec, *, node: str = "") -> str:
        if node:
            return await self._cluster.launch(host_id, spec, node=node)
        if spec.environment.container is not None and not spec.environment.container.engine:
            # An image of the nodes: this machine is one more of them.
            given = await asyncio.to_thread(
                for_node, json.loads(spec.to_json()), self._here.root.parent, self._here.root
            )
            return await self._here.launch_text(host_id, json.dumps(given))
        return await self._here.launch(host_id, spec)

    async def poll(self, handle: str) -> int | None:
        return await self._of(handle).poll(handle)

    async def wait(self, handle: str, patience_s: float) -> int | None:
        return await self._of(handle).wait(handle, patience_s)

    async def last_words(self, handle: str) -> str:
        return await self._of(handle).last_words(handle)

    async def stop(self, handle: str) -> None:
        await self._of(handle).stop(handle)

    async def forget(self, handle: str) -> None:
        await self._of(handle).forget(handle)

    async def handles(self) -> list[str]:
        return [*await self._here.handles(), *await self._cluster.handles()]

    def _of(self, handle: str) -> RayBackend | ProcessBackend:
        return self._here if self._here.has(handle) else self._cluster
