"""What Ray says of its nodes, and what the server is told of each."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import ray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .node import Node

IMAGE_S = 10.0


def table_of_nodes() -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Returns Ray's table, and until when it drains nodes: seconds since the epoch; 0: without a limit."""
    # Ray has no public way to ask for the second.
    draining = ray._private.state.state.get_draining_nodes()
    return ray.nodes(), {node_id: at_ms / 1000 for node_id, at_ms in draining.items()}


def node_document(node: Node, leaves_at: float | None) -> dict[str, Any]:
    """leaves_at: None for a node that stays."""
    return {
        "Address": node.address,
        "Cpus": node.resources.get("CPU", 0.0),
        "MemoryBytes": int(node.resources.get("memory", 0)),
        "Gpus": int(node.resources.get("GPU", 0)),
        "Resources": {name: node.resources[name] for name in sorted(node.resources)},
        "LeavesAt": leaves_at,
        "About": node.about,
        "Trouble": node.trouble,
    }


def place_document(node: Node, gpus: Sequence[str]) -> dict[str, Any]:
    """Where a host may start. gpus: that Ray has assigned to it."""
    return {"Address": node.address, "Interface": node.about.get("interface", ""), "Gpus": list(gpus)}


async def reports(nodes: Mapping[str, Node], urls: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Returns what nodes say of themselves. urls: of the server, as nodes reach it. Both by address."""

    async def one(address: str) -> dict[str, Any]:
        node = nodes.get(address)
        if node is None:
            return {"trouble": "it left the cluster"}
        try:
            found: dict[str, Any] = await node.call("report", url=urls[address])
        except Exception as error:
            return {"trouble": str(error) or type(error).__name__}
        return found

    return dict(zip(urls, await asyncio.gather(*map(one, urls)), strict=True))


async def images_of(nodes: Sequence[Node], name: str) -> dict[str, dict[str, Any]]:
    """Returns what the container engine of each node has under a name; without nodes that are silent."""

    async def one(node: Node) -> tuple[str, dict[str, Any]]:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(IMAGE_S):
                return node.address, await node.call("image", name=name)
        return node.address, {}

    return dict(await asyncio.gather(*map(one, nodes)))
