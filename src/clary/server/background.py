"""Runs the platform's long-running tasks in a thread with an event loop of its own.

The background tasks write to the database, and a write may wait for another writer or for the disk. The event
loop that answers requests must not wait for them.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING

import uvloop

from clary.domain.errors import ServiceUnavailable
from clary.server.trouble import known_trouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

AGAIN_S = 1.0

log = logging.getLogger("clary.server")


class Background:
    """Runs named tasks until it is stopped. A task that fails is logged; the others go on.

    One that has lost the database begins again.
    """

    def __init__(self, works: Sequence[tuple[str, Callable[[], Awaitable[None]]]]) -> None:
        self._works = works
        self._loop = uvloop.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="clary-background")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Cancels every task, and returns when all have ended. Call it once, after ``start``."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    async def _work(self) -> None:
        tasks = [asyncio.create_task(self._one(name, work), name=name) for name, work in self._works]
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                return
            except Exception as error:
                if not isinstance(known_trouble(error), ServiceUnavailable):
                    log.exception(
                        "%s has failed, and does nothing more until the server is started again", name
                    )
                    return
                log.warning("%s has lost the database, and begins again", name)
            await asyncio.sleep(AGAIN_S)
