"""One asyncio task for each key that has not ended. It runs when it is woken, and once a second otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from clary.compute.backend import BackendAway

if TYPE_CHECKING:
    from clary.compute.backend import Backend

Key = TypeVar("Key", bound=Hashable)

POLL_S = 1.0
"""The interval between two steps of a key that nothing wakes. A silent death is noticed within it."""

log = logging.getLogger("clary.runner")


class Reconciler(Generic[Key]):
    """Calls ``step(key)`` repeatedly until it returns True: the key has ended.

    A step that raises is repeated. Exceptions of ``passing`` are expected; all others are logged. So a bug
    affects one key, never the tasks of others.
    """

    def __init__(
        self, step: Callable[[Key], Awaitable[bool]], *, passing: tuple[type[Exception], ...] = ()
    ) -> None:
        self._step = step
        self._passing = passing
        self._wakes: dict[Key, asyncio.Event] = {}
        self._resting: dict[Key, float | None] = {}
        """To the time of the event loop at which it is over; None: until the key is woken."""
        self._tasks: asyncio.TaskGroup | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __contains__(self, key: Key) -> bool:
        return key in self._wakes

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Creates tasks in this group from now on. Before this call, ``wake`` does nothing."""
        self._tasks = tasks
        self._loop = asyncio.get_running_loop()

    def wake(self, key: Key) -> None:
        """Runs the step of a key soon. Creates its task if it has none. Only in the event loop's thread."""
        event = self._wakes.get(key)
        if event is not None:
            event.set()
        elif self._tasks is not None:
            self._wakes[key] = asyncio.Event()
            care = self._care_for(key)
            try:
                self._tasks.create_task(care, name=str(key))
            except RuntimeError:
                # The group is shutting down, while a commit of another thread may still wake a key.
                care.close()
                del self._wakes[key]

    def rest(self, key: Key, *, at_most_s: float | None = None) -> None:
        """Stops the regular steps of a key until it is woken, or for a time. To be called by its step."""
        assert self._loop is not None
        self._resting[key] = None if at_most_s is None else self._loop.time() + max(0.0, at_most_s)

    def wake_from_any_thread(self, key: Key) -> None:
        """As ``wake``, from any thread. Does nothing once the event loop is closed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake, key)

    async def _care_for(self, key: Key) -> None:
        event = self._wakes[key]
        try:
            while True:
                event.clear()
                self._resting.pop(key, None)
                # Woken during its last step: a record of the same name may have been created since.
                if await self._looked(key) and not event.is_set():
                    return
                look_at = self._next_look(key)
                # Not ``wait_for``: in Python 3.11 it loses a cancellation that comes with the result.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(look_at):
                        await event.wait()
        finally:
            del self._wakes[key]
            self._resting.pop(key, None)

    def _next_look(self, key: Key) -> float | None:
        """The time of the event loop at which a key is looked at if nothing wakes it; None: never."""
        assert self._loop is not None
        return self._resting[key] if key in self._resting else self._loop.time() + POLL_S

    async def _looked(self, key: Key) -> bool:
        try:
            return await self._step(key)
        except self._passing:
            self._resting.pop(key, None)
            return False
        except Exception:
            self._resting.pop(key, None)
            log.exception("%s: a step failed and will be repeated", key)
            return False


async def end_and_forget(backend: Backend, handle: str) -> None:
    """Stops a host, waits for its end and removes its files. Logs what fails."""
    while True:
        try:
            while await backend.poll(handle) is None:
                await backend.stop(handle)
                await asyncio.sleep(POLL_S)
            await backend.forget(handle)
        except BackendAway:
            await asyncio.sleep(POLL_S)
            continue
        except Exception:
            log.exception("what is left of host %s could not be removed", handle)
        return


async def listed(backend: Backend) -> list[str]:
    """Returns the handles of a backend, as soon as it can be asked."""
    while True:
        try:
            return await backend.handles()
        except BackendAway as error:
            log.warning("jobs wait: %s", error)
            await asyncio.sleep(POLL_S)
