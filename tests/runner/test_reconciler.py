"""One task for each thing, woken and repeated until it has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from clary.runner.reconciler import Reconciler

Step = Callable[[str], Awaitable[bool]]


def care(step: Step, *wakes: str, passing: tuple[type[Exception], ...] = ()) -> Reconciler[str]:
    """Runs until every key that was woken has ended."""

    async def run() -> Reconciler[str]:
        reconciler = Reconciler(step, passing=passing)
        async with asyncio.TaskGroup() as tasks:
            reconciler.begin(tasks)
            for key in wakes:
                reconciler.wake(key)
        return reconciler

    return asyncio.run(run())


def test_a_key_is_looked_at_until_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clary.runner.reconciler.POLL_S", 0.001)
    looks: list[str] = []

    async def step(key: str) -> bool:
        looks.append(key)
        return looks.count(key) == 3

    reconciler = care(step, "a", "b")

    assert sorted(looks) == ["a", "a", "a", "b", "b", "b"]
    assert "a" not in reconciler


def test_waking_twice_makes_one_task() -> None:
    looks: list[str] = []

    async def step(key: str) -> bool:
        looks.append(key)
        return True

    care(step, "a", "a")

    assert looks == ["a"]


def test_a_key_that_is_woken_while_it_ends_is_looked_at_again() -> None:
    looks: list[str] = []

    async def run() -> None:
        reconciler: Reconciler[str] = Reconciler(step)

        async with asyncio.TaskGroup() as tasks:
            reconciler.begin(tasks)
            woken.append(reconciler)
            reconciler.wake("a")

    woken: list[Reconciler[str]] = []

    async def step(key: str) -> bool:
        looks.append(key)
        if len(looks) == 1:
            woken[0].wake(key)
        return True

    asyncio.run(run())

    assert looks == ["a", "a"]


def test_a_bug_costs_a_step_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("clary.runner.reconciler.POLL_S", 0.001)
    looks: list[str] = []

    async def step(key: str) -> bool:
        looks.append(key)
        if len(looks) == 1:
            raise ValueError("a bug")
        return True

    with caplog.at_level(logging.ERROR, logger="clary.runner"):
        care(step, "a")

    assert looks == ["a", "a"]
    assert "a: a step failed and will be repeated" in caplog.text


def test_what_is_expected_to_happen_is_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("clary.runner.reconciler.POLL_S", 0.001)
    looks: list[str] = []

    async def step(key: str) -> bool:
        looks.append(key)
        if len(looks) == 1:
            raise LookupError
        return True

    care(step, "a", passing=(LookupError,))

    assert (looks, caplog.text) == (["a", "a"], "")


def test_a_key_is_woken_from_another_thread() -> None:
    looks: list[str] = []

    async def step(key: str) -> bool:
        looks.append(key)
        return True

    async def run() -> None:
        reconciler: Reconciler[str] = Reconciler(step)
        async with asyncio.TaskGroup() as tasks:
            reconciler.begin(tasks)
            await asyncio.to_thread(reconciler.wake_from_any_thread, "a")
            while not looks:
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(run(), 10))

    assert looks == ["a"]


def test_a_key_that_is_woken_while_the_group_ends_is_passed_over() -> None:
    async def run() -> list[str]:
        cared: list[str] = []

        async def step(key: str) -> bool:
            cared.append(key)
            return True

        async def fail() -> None:
            async with asyncio.TaskGroup() as tasks:
                care.begin(tasks)
                raise OSError

        care = Reconciler(step)
        with pytest.raises(ExceptionGroup):
            await fail()
        care.wake("late")
        await asyncio.sleep(0)
        return [*cared, *(["kept"] if "late" in care else [])]

    assert asyncio.run(run()) == []


def test_a_task_that_is_woken_and_cancelled_at_once_ends() -> None:
    async def run() -> None:
        async def step(_: str) -> bool:
            return False

        reconciler: Reconciler[str] = Reconciler(step)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            reconciler.begin(tasks)
            reconciler.wake("a")
            await asyncio.sleep(0.01)
            [task] = [task for task in asyncio.all_tasks() if task.get_name() == "a"]
            reconciler.wake("a")
            await asyncio.sleep(0)
            task.cancel()

    asyncio.run(run())
