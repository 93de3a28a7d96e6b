"""What hosts hold of the cluster's resources, and what waits for them: placement groups.

A group has no actor: it only holds resources. So a host needs no worker of Ray, and the cluster's autoscaler
sees what is wanted. Groups are detached: they outlive the driver and the server.

    reserve ──> waits ──> held ──> free ──> held by the first that waits, if it waits for the same
                (Ray places it)      └────> removed, after LINGER_S or because something else waits

Groups of the same shape are interchangeable, so one serves job after job. They have no names of owners: a
driver that starts finds those of the hosts that run by what they hold, and where.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .ray_groups import find_groups, gpus_of, group_id, make_group, placed_nodes, remove_group

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    Bundles = Sequence[Mapping[str, float]]

LINGER_S = 1.0
"""How long a group stays that nobody needs: the next one may ask for the same."""
CLAIM_S = 60.0
"""How long the groups of an earlier driver stay if the server does not say what it holds."""

Shape = tuple[bool, tuple[tuple[tuple[str, float], ...], ...]]
"""Whether bundles are on different nodes as far as possible, and what each one holds."""


@dataclass(eq=False, slots=True)
class _Group:
    """owner: empty while it is free. made: Ray's group. nodes, gpus: of its bundles, once placed."""

    shape: Shape
    owner: str = ""
    made: Any = None
    nodes: list[str] | None = None
    gpus: list[list[str]] | None = None
    dropped: bool = False


@dataclass(eq=False, slots=True)
class _Waiting:
    owner: str
    shape: Shape
    given: asyncio.Future[_Group] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Groups:
    """The groups of one installation."""

    def __init__(self, namespace: str, is_usable: Callable[[str], bool]) -> None:
        """is_usable: whether the node with an id is in the cluster, and stays there."""
        self._prefix = f"clary/{namespace}/"
        self._is_usable = is_usable
        self._groups: list[_Group] = []
        self._earlier: list[_Group] = []
        """Those of an earlier driver, until the server says what it holds."""
        self._waiting: list[_Waiting] = []
        """In the order in which they asked."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._trims = False

    async def load(self) -> None:
        """Finds the groups that an earlier driver has made."""
        for found in await find_groups(self._prefix):
            if found.nodes is None:
                await remove_group(found.made)
            else:
                shape = _shape(found.bundles, found.spread)
                self._earlier.append(_Group(shape, made=found.made, nodes=found.nodes))
        self._run(self._retain_nothing())

    async def reserve(self, owner: str, bundles: Bundles, *, spread: bool) -> list[tuple[str, list[str]]]:
        """Returns the id of the node of each bundle, and its GPUs, as soon as all have their resources.

        Raises LookupError when the owner is released, or asks for something else, meanwhile.
        """
        shape = _shape(bundles, spread)
        held = self._of(owner)
        if held is not None:
            if _unpinned(held.shape) == _unpinned(shape) and self._is_whole(held):
                return await _places(held)
            # Of an earlier record of this name, or on nodes that have left.
            self._drop(held)
        self._end_waiting(owner)
        waiting = _Waiting(owner, shape)
        self._waiting.append(waiting)
        self._balance()
        return await _places(await waiting.given)

    def waits(self) -> bool:
        """Whether somebody waits for a group."""
        return bool(self._waiting)

    def waiting_in(self, words: str) -> list[str]:
        """Returns the owners that wait for groups of the shapes of those whose ids are in ``words``."""
        shapes = {
            group.shape
            for group in self._groups
            if group.nodes is None and group.made is not None and group_id(group.made) in words
        }
        return [waiting.owner for waiting in self._waiting if waiting.shape in shapes]

    def release(self, owner: str) -> None:
        self._end_waiting(owner)
        held = self._of(owner)
        if held is not None:
            held.owner = ""
            if not self._is_whole(held):
                self._drop(held)
        self._balance()

    def discard(self, owner: str) -> None:
        """Removes the group of an owner, whose nodes are not what they were."""
        held = self._of(owner)
        if held is not None:
            self._drop(held)

    def move(self, owner: str, to: str) -> None:
        """Gives a group to another owner."""
        held = self._of(owner)
        if held is not None:
            self.release(to)
            held.owner = to

    def claim(self, owner: str, bundles: Bundles, *, spread: bool, nodes: Sequence[str] | None) -> None:
        """Gives an owner the group that an earlier driver made for its hosts.

        nodes: where they run; None: they have not started yet, so any group of this shape does.
        """
        shape = _unpinned(_shape(bundles, spread))
        for group in self._earlier if self._of(owner) is None else ():
            there = nodes is None or Counter(group.nodes) == Counter(nodes)
            if there and _unpinned(group.shape) == shape:
                self._earlier.remove(group)
                self._groups.append(group)
                group.owner = owner
                return

    def retain(self, owners: Sequence[str]) -> None:
        """Frees the groups of all other owners, and those that nobody has claimed."""
        for group in list(self._groups):
            if group.owner and group.owner not in owners:
                self.release(group.owner)
        for group in self._earlier:
            self._groups.append(group)
            if not self._is_whole(group):
                self._drop(group)
        self._earlier = []
        self._balance()

    def _balance(self) -> None:
        """Gives what is free to the first that wait, and makes what is missing."""
        for broken in [each for each in self._free() if not self._is_whole(each)]:
            self._drop(broken)  # its node has left since it was freed, or is about to
        while self._waiting:
            first = self._waiting[0]
            group = next((each for each in self._free() if each.nodes and each.shape == first.shape), None)
            if group is None:
                break
            self._give(group, first)
        missing = Counter(waiting.shape for waiting in self._waiting)
        missing.subtract(group.shape for group in self._free() if group.nodes is None)
        for shape, count in missing.items():
            for _ in range(count):
                group = _Group(shape)
                self._groups.append(group)
                self._run(self._place(group))
        if self._waiting:
            # What is free is not what the first one waits for: Ray decides who gets its resources.
            for group in [each for each in self._free() if each.nodes]:
                self._drop(group)
        if not self._trims and len(self._free()) > len(self._waiting):
            self._trims = True
            self._run(self._trim())

    async def _trim(self) -> None:
        await asyncio.sleep(LINGER_S)
        self._trims = False
        wanted = Counter(waiting.shape for waiting in self._waiting)
        for group in self._free():
            wanted[group.shape] -= 1
            if wanted[group.shape] < 0:
                self._drop(group)

    async def _place(self, group: _Group) -> None:
        """Has Ray place a new group, and gives it to the first that waits for it."""
        spread, bundles = group.shape
        try:
            group.made = await make_group(self._prefix, [dict(each) for each in bundles], spread=spread)
            if group.dropped:
                await remove_group(group.made)
                return
            group.nodes = await placed_nodes(group.made)
        except Exception as error:
            if not group.dropped:
                self._drop(group)
                self._refuse(group.shape, error)
            return
        if group.dropped:
            return
        if group.nodes is None:  # somebody else has removed it
            self._drop(group)
        elif (waiting := self._first(group.shape)) is not None:
            self._give(group, waiting)
        self._balance()

    async def _retain_nothing(self) -> None:
        await asyncio.sleep(CLAIM_S)
        if self._earlier:
            self.retain([group.owner for group in self._groups])

    def _give(self, group: _Group, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        group.owner = waiting.owner
        waiting.given.set_result(group)

    def _drop(self, group: _Group) -> None:
        self._groups.remove(group)
        group.dropped = True
        if group.made is not None:
            self._run(remove_group(group.made))

    def _refuse(self, shape: Shape, error: Exception) -> None:
        waiting = self._first(shape)
        if waiting is not None:
            self._waiting.remove(waiting)
            waiting.given.set_exception(error)

    def _first(self, shape: Shape) -> _Waiting | None:
        return next((each for each in self._waiting if each.shape == shape), None)

    def _end_waiting(self, owner: str) -> None:
        for waiting in [each for each in self._waiting if each.owner == owner]:
            self._waiting.remove(waiting)
            waiting.given.set_exception(LookupError(f"{owner} no longer waits"))

    def _free(self) -> list[_Group]:
        return [group for group in self._groups if not group.owner]

    def _of(self, owner: str) -> _Group | None:
        return next((group for group in self._groups if group.owner == owner), None)

    def _is_whole(self, group: _Group) -> bool:
        return all(map(self._is_usable, group.nodes or ()))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _places(group: _Group) -> list[tuple[str, list[str]]]:
    if group.gpus is None:
        group.gpus = await gpus_of(group.made, [dict(each) for each in group.shape[1]])
    return list(zip(group.nodes or (), group.gpus, strict=True))


def _shape(bundles: Bundles, spread: bool) -> Shape:
    return spread, tuple(
        tuple(sorted((name, float(much)) for name, much in each.items())) for each in bundles
    )


def _unpinned(shape: Shape) -> Shape:
    """A shape without the nodes that its bundles are pinned to."""
    spread, bundles = shape
    return spread, tuple(
        tuple(part for part in bundle if not part[0].startswith("node:")) for bundle in bundles
    )
