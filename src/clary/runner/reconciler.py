"""One task for each thing that has not ended: it wakes when told to, and looks by itself now and then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from clary.compute.backend import Backend

Key = TypeVar("Key", bound=Hashable)

POLL_S = 1.0
"""How often a thing is looked at when nothing wakes its task: how late a silent death is noticed."""

log = logging.getLogger("clary.runner")


class Reconciler(Generic[Key]):
    """Calls ``step(key)`` again and again until it says that the key has ended.

    A step that raises one of ``passing`` is repeated; what else it raises is logged, and it is repeated too:
    a bug costs that step, never the tasks of others.
    """

    def __init__(
        self, step: Callable[[Key], Awaitable[bool]], *, passing: tuple[type[Exception], ...] = ()
    ) -> None:
        self._step = step
        self._passing = passing
        self._wakes: dict[Key, asyncio.Event] = {}
        self._resting: set[Key] = set()
        self._tasks: asyncio.TaskGroup | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __contains__(self, key: Key) -> bool:
        return key in self._wakes

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Tasks are made in this group from now on; before, waking does nothing."""
        self._tasks = tasks
        self._loop = asyncio.get_running_loop()

    def wake(self, key: Key) -> None:
        """In the loop's own thread. A key that nobody looks after gets a task."""
        event = self._wakes.get(key)
        if event is not None:
            event.set()
        elif self._tasks is not None:
            self._wakes[key] = asyncio.Event()
            care = self._care_for(key)
            try:
                self._tasks.create_task(care, name=str(key))
            except RuntimeError:
                # The group is being ended; a commit of another thread may still wake a key then.
                care.close()
                del self._wakes[key]

    def rest(self, key: Key) -> None:
        """Called by the step of ``key``, which then costs nothing until it is woken."""
        self._resting.add(key)

    def wake_from_any_thread(self, key: Key) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake, key)

    async def _care_for(self, key: Key) -> None:
        event = self._wakes[key]
        try:
            while True:
                event.clear()
                self._resting.discard(key)
                # Woken while it ended: another of the same name may have been made by now.
                if await self._looked(key) and not event.is_set():
                    return
                if key in self._resting:
                    await event.wait()
                    continue
                # Not ``wait_for``: where it is woken and cancelled at once, Python 3.11's forgets the latter.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await event.wait()
        finally:
            del self._wakes[key]
            self._resting.discard(key)

    async def _looked(self, key: Key) -> bool:
        try:
            return await self._step(key)
        except self._passing:
            self._resting.discard(key)
            return False
        except Exception:
            self._resting.discard(key)
            log.exception("%s: a step failed and will be repeated", key)
            return False


async def end_and_forget(backend: Backend, handle: str) -> None:
    """Clears up after a host that nobody wants any more."""
    try:
        while await backend.poll(handle) is None:
            await backend.stop(handle)
            await asyncio.sleep(POLL_S)
        await backend.forget(handle)
    except Exception:
        log.exception("what %s left behind could not be cleared away", handle)
