"""Placement groups: what hosts hold of the cluster's resources, and what waits for them.

A group has no actor: it only holds resources. So a host needs no worker of Ray, and the cluster's autoscaler
sees what is wanted. Groups are detached: they outlive the driver and the server.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import ray
from ray.util.placement_group import placement_group_table, remove_placement_group

READY_S = 10.0
"""After this time a group is looked at again: Ray may have lost what it was to tell."""


class Groups:
    """The groups of one installation, by their owners."""

    def __init__(self, namespace: str) -> None:
        self._prefix = f"clary/{namespace}/"
        self._known: dict[str, Any] = {}
        """Owner to its group."""
        self._turns: dict[str, asyncio.Lock] = {}

    async def load(self) -> None:
        """Finds the groups that an earlier driver has made."""
        table: dict[str, Any] = await asyncio.to_thread(placement_group_table)
        for group in table.values():
            if group["name"].startswith(self._prefix) and group["state"] != "REMOVED":
                found = await asyncio.to_thread(ray.util.get_placement_group, group["name"])
                self._known[group["name"].removeprefix(self._prefix).rpartition("#")[0]] = found

    async def reserve(self, owner: str, bundles: list[dict[str, float]], *, spread: bool) -> list[str]:
        """Returns the id of the node of each bundle, as soon as all of them have their resources."""
        group = await self._present(owner, bundles, spread=spread)
        while True:
            try:
                async with asyncio.timeout(READY_S):
                    await group.ready()
            except TimeoutError:
                pass
            seen = await asyncio.to_thread(placement_group_table, group)
            if seen.get("state") == "CREATED":
                nodes = seen["bundles_to_node_id"]
                return [nodes[number] for number in sorted(nodes)]
            if seen.get("state", "REMOVED") == "REMOVED":
                if self._known.get(owner) is not group:
                    raise LookupError(f"{owner} no longer waits")
                del self._known[owner]
                group = await self._present(owner, bundles, spread=spread)

    async def release(self, owner: str) -> None:
        group = self._known.pop(owner, None)
        if group is not None:
            await asyncio.to_thread(remove_placement_group, group)

    async def move(self, owner: str, to: str) -> None:
        """Gives a group to another owner. Its name stays that of the first one."""
        group = self._known.pop(owner, None)
        if group is not None:
            await self.release(to)
            self._known[to] = group

    async def retain(self, owners: list[str]) -> None:
        """Removes the groups of all other owners."""
        for owner in self._known.keys() - set(owners):
            await self.release(owner)

    async def _present(self, owner: str, bundles: list[dict[str, float]], *, spread: bool) -> Any:
        async with self._turns.setdefault(owner, asyncio.Lock()):
            group: Any = self._known.get(owner)
            if group is not None and await asyncio.to_thread(_resources, group) != _asked(bundles):
                # Of an earlier record of this name, or of nodes that have left.
                await self.release(owner)
                group = None
            if group is None:
                group = self._known[owner] = await asyncio.to_thread(
                    ray.util.placement_group,
                    bundles,
                    strategy="SPREAD" if spread else "PACK",
                    # Ray frees a name some time after its group was removed.
                    name=f"{self._prefix}{owner}#{secrets.token_hex(4)}",
                    lifetime="detached",
                )
            return group


def _resources(group: Any) -> list[dict[str, float]]:
    """What a group holds. Asks Ray, the first time."""
    return _asked(group.bundle_specs)


def _asked(bundles: list[dict[str, float]]) -> list[dict[str, float]]:
    """Bundles without the nodes that they are pinned to."""
    return [
        {name: float(amount) for name, amount in bundle.items() if not name.startswith("node:")}
        for bundle in bundles
    ]
