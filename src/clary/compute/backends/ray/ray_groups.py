"""Ray's placement groups: made, waited for, found again, and removed."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import TaskPlacementGroupRemoved
from ray.util.placement_group import placement_group_table, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from . import bootstrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

READY_S = 10.0
"""After this time a group is looked at again: Ray may have lost what it was to tell."""
PAUSE_S = 0.5
"""Between two looks at a group that Ray places again, as a node died: it is "ready" meanwhile."""


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """nodes: of its bundles; None: it is not placed."""

    made: Any
    bundles: list[dict[str, float]]
    spread: bool
    nodes: list[str] | None


async def make_group(prefix: str, bundles: Sequence[Mapping[str, float]], *, spread: bool) -> Any:
    return await asyncio.to_thread(
        ray.util.placement_group,
        [dict(bundle) for bundle in bundles],
        strategy="SPREAD" if spread else "PACK",
        # Ray frees a name some time after its group was removed.
        name=f"{prefix}{secrets.token_hex(6)}",
        lifetime="detached",
    )


def group_id(made: Any) -> str:
    """Returns the id by which other parts of Ray call a group."""
    found: str = made.id.hex()
    return found


async def placed_nodes(made: Any) -> list[str] | None:
    """Waits until a group is placed. Returns the id of the node of each bundle; None: it was removed."""
    while True:
        with contextlib.suppress(TimeoutError, TaskPlacementGroupRemoved):
            async with asyncio.timeout(READY_S):
                await made.ready()
        seen = await asyncio.to_thread(placement_group_table, made)
        state = seen.get("state", "REMOVED")
        if state == "CREATED":
            return _nodes(seen)
        if state == "REMOVED":
            return None
        await asyncio.sleep(PAUSE_S)


async def gpus_of(made: Any, bundles: Sequence[Mapping[str, float]]) -> list[list[str]]:
    """Returns the GPUs of each bundle of a group that is placed: a task in the bundle is told them."""

    async def one(number: int, count: float) -> list[str]:
        task = ray.remote(bootstrap.assigned_gpus).options(
            num_cpus=0,
            num_gpus=count,
            max_retries=3,
            scheduling_strategy=PlacementGroupSchedulingStrategy(made, number),
        )
        found: list[str] = await task.remote()
        return found

    asked = [one(number, bundle["GPU"]) for number, bundle in enumerate(bundles) if bundle.get("GPU")]
    found = iter(await asyncio.gather(*asked))
    return [next(found) if bundle.get("GPU") else [] for bundle in bundles]


async def remove_group(made: Any) -> None:
    await asyncio.to_thread(remove_placement_group, made)


async def find_groups(prefix: str) -> list[FoundGroup]:
    """Returns the groups whose names begin so."""
    found = []
    table: dict[str, Any] = await asyncio.to_thread(placement_group_table)
    for seen in table.values():
        if seen["name"].startswith(prefix) and seen["state"] != "REMOVED":
            made = await asyncio.to_thread(ray.util.get_placement_group, seen["name"])
            nodes = _nodes(seen) if seen["state"] == "CREATED" else None
            bundles = [seen["bundles"][number] for number in sorted(seen["bundles"])]
            found.append(FoundGroup(made, bundles, seen["strategy"] == "SPREAD", nodes))
    return found


def _nodes(seen: Mapping[str, Any]) -> list[str]:
    return [seen["bundles_to_node_id"][number] for number in sorted(seen["bundles_to_node_id"])]
