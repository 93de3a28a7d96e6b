from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from clary.compute.capacity import Size
from clary.compute.machine_capacity import MachineCapacity
from clary.runner import queue_positions
from clary.runner.queue_positions import FIRST, OTHERS, QueuePositions

WAITING = FIRST + 2 * OTHERS + 5


def name(number: int) -> str:
    return f"training-job/j{number:04}"


@pytest.fixture
def capacity() -> MachineCapacity:
    """A full machine with a queue."""
    capacity = MachineCapacity(Size(1, 1), 1.0)
    capacity.adopt("running", [Size(1, 1)])
    for number in range(WAITING):
        capacity.ask(name(number), [Size(1, 1)], since=float(number))
    return capacity


def hear(capacity: MachineCapacity, then: Callable[[QueuePositions, dict[str, str]], bool]) -> dict[str, str]:
    """Returns the last message of each job, once ``then`` is true."""
    heard: dict[str, str] = {}

    async def run() -> None:
        told = QueuePositions(capacity, heard.__setitem__)
        for owner in capacity.waiting():
            told.join(owner)
        task = asyncio.create_task(told.run())
        async with asyncio.timeout(60):
            while not then(told, heard):
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(run())
    return heard


def test_each_hears_its_place_when_it_joins(capacity: MachineCapacity) -> None:
    heard = hear(capacity, lambda _, heard: len(heard) == WAITING)

    assert heard[name(0)] == "Waiting for capacity"
    assert heard[name(1)] == "Waiting for capacity: 1 job asked before this one"
    assert heard[name(WAITING - 1)] == f"Waiting for capacity: {WAITING - 1} jobs asked before this one"


def test_the_first_hear_of_a_change_and_the_others_in_turn(
    capacity: MachineCapacity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_positions, "EVERY_S", 0.01)
    left = False

    def all_have_heard(told: QueuePositions, heard: dict[str, str]) -> bool:
        nonlocal left
        if len(heard) == WAITING and not left:
            left = True
            capacity.leave(name(0))
            told.leave(name(0))
        last = f": {WAITING - 2} jobs asked before this one"
        return left and heard[name(WAITING - 1)].endswith(last)

    heard = hear(capacity, all_have_heard)

    assert heard[name(1)] == "Waiting for capacity"
    assert heard[name(FIRST - 1)] == f"Waiting for capacity: {FIRST - 2} jobs asked before this one"


def test_one_that_can_not_be_told_keeps_no_other_from_hearing(capacity: MachineCapacity) -> None:
    heard: list[str] = []

    def say(owner: str, _: str) -> None:
        if owner == name(1):
            raise OSError("the disk is full")
        heard.append(owner)

    async def run() -> None:
        told = QueuePositions(capacity, say)
        for owner in capacity.waiting():
            told.join(owner)
        task = asyncio.create_task(told.run())
        async with asyncio.timeout(60):
            while len(heard) < WAITING - 1:
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(run())

    assert name(1) not in heard
