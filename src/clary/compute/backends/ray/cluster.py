"""The nodes of a cluster and their hosts. Runs where Ray is: in the driver, or in an actor.

    alive    the keeper of the node is asked
    silent   the node is alive and its keeper does not answer: its hosts count as running
    gone     Ray calls the node dead, or has not named it for a while: its hosts are lost

A node is known by its address. After a restart of the head or of a raylet it has another id, and its agents
still run.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from clary.compute.backend import LOST

from .groups import Groups
from .messages import DriverSettings
from .node import Node, NodeGone, NodeSilent, end_other_keepers
from .node_table import images_of, node_document, place_document, reports, table_of_nodes
from .scaling import without_nodes

SETTLE_S = 30.0
"""How long a launch waits for a new node to say which hosts it has: the one to be launched may run there."""
ABSENT_S = 60.0
"""How long a node may be missing from the table of nodes: after a restart of the head they join again."""
DEAD_S = 3.0
"""How long a node may be dead: a raylet may be started again."""
LONGEST_WAIT_S = 10.0
"""How long a keeper waits for the end of a host with one call."""
ENDING_S = 1.0
REST_S = 10.0
"""How long a keeper stays that has no hosts, where nodes come and go. Only then is its node idle."""


class ClusterNodes:
    """Answers the messages of the server: each public method is one. To be made in a running loop."""

    def __init__(self, **settings: Any) -> None:
        self._settings = DriverSettings(**settings)
        self._groups = Groups(self._settings.namespace, self._is_usable)
        self._nodes: dict[str, Node] = {}
        """The nodes that are alive, by their addresses."""
        self._dead: dict[str, float] = {}
        """Addresses of dead nodes, and since when."""
        self._draining: dict[str, float] = {}
        """Ids of nodes that are about to leave, and when: seconds since the epoch; 0: when they are idle."""
        self._hosts: dict[str, str] = {}
        """The address of the node of each host that was launched and not forgotten."""
        self._launching: set[str] = set()
        self._owed: set[str] = set()
        """Hosts that are to end, on nodes that were gone when that was asked."""
        self._began = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loaded = False

    async def look(self) -> list[dict[str, Any]]:
        """Reads the table of nodes; returns those that are alive. To be called every second or so."""
        if not self._loaded:
            await asyncio.to_thread(end_other_keepers, self._settings)
            await self._groups.load()
            self._loaded = True
        table, self._draining = await asyncio.to_thread(table_of_nodes)
        alive = {each["NodeManagerAddress"]: each for each in table if each["Alive"]}
        now = time.monotonic()
        for address in {each["NodeManagerAddress"] for each in table} - alive.keys():
            self._dead.setdefault(address, now)
        for address in list(self._nodes):
            if address not in alive or self._nodes[address].id != alive[address]["NodeID"]:
                del self._nodes[address]
        for address, each in alive.items():
            self._dead.pop(address, None)
            if address not in self._nodes:
                node = Node(each["NodeID"], address, each["Resources"], self._settings)
                self._nodes[address] = node
                self._run(self._meet(node))
        if self._settings.rests:
            used = set(self._hosts.values())
            for node in list(self._nodes.values()):
                if node.address not in used and node.met.is_set() and now > node.asked_at + REST_S:
                    await node.rest()
        return [node_document(node, self._draining.get(node.id)) for node in self._nodes.values()]

    async def no_node_for(self) -> list[str]:
        """Returns the owners that wait for nodes which the cluster's autoscaler can't add."""
        asks = self._settings.rests and self._groups.waits()
        return self._groups.waiting_in(await asyncio.to_thread(without_nodes)) if asks else []

    async def report(self, urls: dict[str, str]) -> dict[str, dict[str, Any]]:
        """What nodes say of themselves, for ``clary doctor``. urls: of the server, by the node's address."""
        return await reports(self._nodes, urls)

    async def images(self, name: str) -> dict[str, dict[str, Any]]:
        """What the container engine of each node has under a name; nodes that are silent are left out."""
        return await images_of(list(self._nodes.values()), name)

    async def launch(self, host_id: str, spec: str, node: str) -> str:
        await self._settle()
        # One that another driver has launched, and nobody has recorded, is where it was.
        address = self._hosts.get(host_id) or node or self._emptiest()
        found = self._nodes.get(address)
        if found is None:
            raise NodeGone(f"Node {address} left the cluster" if address else "The cluster has no nodes")
        self._hosts[host_id] = address
        self._launching.add(host_id)
        try:
            # Silent: it may run. A poll will tell, as soon as the node answers.
            with contextlib.suppress(NodeSilent):
                await found.call("launch", host_id=host_id, spec=spec)
        finally:
            self._launching.discard(host_id)
        return host_id

    async def poll(self, handle: str) -> int | None:
        node = self._node_of(handle)
        if node is None:
            return LOST if self._is_gone(handle) else None
        with contextlib.suppress(NodeSilent):
            return await node.poll(handle)
        return None

    async def wait(self, handle: str, patience_s: float) -> int | None:
        node = await self._found_node_of(handle)
        if node is None:
            return await self.poll(handle)
        code: int | None = None
        with contextlib.suppress(NodeSilent):
            code = await node.call("wait", host=handle, patience_s=min(patience_s, LONGEST_WAIT_S))
        return code

    async def last_words(self, handle: str) -> str:
        node = await self._found_node_of(handle)
        if node is not None:
            words: str = await node.call("last_words", host=handle)
            return words
        address = self._hosts.get(handle)
        return f"its node {address} left the cluster" if address else "its node left the cluster"

    async def stop(self, handle: str) -> None:
        node = await self._found_node_of(handle)
        if node is not None:
            await node.call("stop", host=handle)

    async def forget(self, handle: str) -> None:
        node = await self._found_node_of(handle)
        if node is not None:
            await node.call("forget", host=handle)
        elif handle in self._hosts:
            self._owed.add(handle)
        self._hosts.pop(handle, None)

    async def handles(self) -> list[str]:
        await self._settle()
        # Those of a node that is silent stay as they are known.
        counts = (self._count(node) for node in list(self._nodes.values()))
        await asyncio.gather(*counts, return_exceptions=True)
        return sorted(self._hosts)

    async def reserve(
        self,
        owner: str,
        bundles: list[dict[str, float]],
        spread: bool,
        hosts: list[str],
        addresses: list[str],
    ) -> list[dict[str, Any]]:
        """Returns the node of each bundle, and its GPUs, as soon as there is room.

        hosts: those that run already, or addresses: of their nodes, in the order of the bundles. Their group
        is made again where they are.
        """
        if hosts:
            await self._settle()
            addresses = [self._hosts.get(host, "") for host in hosts]
        if addresses and all(addresses):
            bundles = [
                {**bundle, f"node:{address}": 0.001}
                for bundle, address in zip(bundles, addresses, strict=True)
            ]
        places = await self._groups.reserve(owner, bundles, spread=spread)
        ids = [node_id for node_id, _ in places]
        if not all(map(self._has_node, ids)):
            await self.look()
        if not all(map(self._has_node, ids)):
            self._groups.discard(owner)
            raise NodeGone(f"A node of {owner} left the cluster at once")
        by_id = {node.id: node for node in self._nodes.values()}
        for node_id in set(ids):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_S):
                    await by_id[node_id].met.wait()
        return [place_document(by_id[node_id], gpus) for node_id, gpus in places]

    async def release(self, owner: str) -> None:
        self._groups.release(owner)

    async def move(self, owner: str, to: str) -> None:
        self._groups.move(owner, to)

    async def retain(self, held: list[dict[str, Any]], waiting: list[str]) -> None:
        """Removes the groups of all owners that neither hold one nor wait.

        held: as the arguments of ``reserve``, for each owner whose hosts run.
        """
        if any(each["hosts"] for each in held):
            await self._settle()
        for each in held:
            found = each["addresses"] or [self._hosts.get(host, "") for host in each["hosts"]]
            nodes = (
                [self._nodes[address].id for address in found if address in self._nodes] if found else None
            )
            self._groups.claim(each["owner"], each["bundles"], spread=each["spread"], nodes=nodes)
        self._groups.retain([*(each["owner"] for each in held), *waiting])

    def _is_usable(self, node_id: str) -> bool:
        return self._has_node(node_id) and node_id not in self._draining

    def _has_node(self, node_id: str) -> bool:
        return any(node.id == node_id for node in self._nodes.values())

    async def _found_node_of(self, handle: str) -> Node | None:
        """As ``_node_of``. A host that is not known may be on a node that has not said yet what it has."""
        if handle not in self._hosts:
            await self._settle()
        return self._node_of(handle)

    def _node_of(self, handle: str) -> Node | None:
        return self._nodes.get(self._hosts.get(handle, ""))

    def _is_gone(self, handle: str) -> bool:
        """Whether the node of a host, which is not alive, will not come back soon."""
        now = time.monotonic()
        address = self._hosts.get(handle)
        if address is not None and address in self._dead:
            return now > self._dead[address] + DEAD_S
        return now > self._began + ABSENT_S and self._settled()

    def _settled(self) -> bool:
        """Whether all nodes have said which hosts they have, or have had time enough for that."""
        late = time.monotonic() - SETTLE_S
        return bool(self._nodes) and all(
            each.met.is_set() or each.since < late for each in self._nodes.values()
        )

    async def _settle(self) -> None:
        """Waits until all nodes have said which hosts they have, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while not self._settled():
                    await asyncio.sleep(0.02)

    async def _count(self, node: Node) -> None:
        """Learns which hosts a node has. Raises NodeSilent."""
        known = {host for host, address in self._hosts.items() if address == node.address}
        found = set(await node.call("handles"))
        for host in known - found - self._launching:
            self._hosts.pop(host, None)
        for host in found:
            if host in self._owed:
                self._run(self._end(node, host))
            else:
                self._hosts[host] = node.address

    def _emptiest(self) -> str:
        counts = {address: 0 for address in self._nodes}
        for address in self._hosts.values():
            if address in counts:
                counts[address] += 1
        return min(counts, key=lambda address: counts[address], default="")

    async def _meet(self, node: Node) -> None:
        """Starts the keeper of a node, and learns which hosts it has."""
        while self._nodes.get(node.address) is node:
            try:
                node.about = await node.call("about")
                await self._count(node)
            except Exception as error:
                node.trouble = str(error).strip() or type(error).__name__
                await asyncio.sleep(ENDING_S)
            else:
                node.trouble = ""
                node.met.set()
                return

    async def _end(self, node: Node, host: str) -> None:
        """Ends a host that was given up while its node was gone."""
        with contextlib.suppress(Exception):
            await node.end(host)
            self._owed.discard(host)

    def _run(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
