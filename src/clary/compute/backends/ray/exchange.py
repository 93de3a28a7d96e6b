"""Messages of a driver to an actor in the cluster, and their answers, many with one call.

    driver   Bundles ── call with what is to be asked ──> ActorEnd ── Answers   in the actor
                     <── what is ready, or nothing ──────

A call of Ray Client takes 8 ms of CPU (measured; most of it in the client's server). So there is mostly one
call on its way, which waits for answers. A second one brings what is asked meanwhile, and lets the first one
return.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from .answers import Answers, words_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WAIT_S = 2.0
"""How long a call waits for an answer. So the driver notices within seconds that the actor is gone."""
ANSWER_S = 20.0
"""How long a driver waits for a call to return, before it takes the cluster for away."""
MOST_CALLS = 2
BURST, CALLS_PER_S = 100, 25.0
"""Many jobs share calls: no more a second, once that many were made at once. A job alone makes ten."""


class ActorEnd:
    """The end in the cluster. Its driver ends it."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._answers: Answers | None = None
        self._running: asyncio.Task[None] | None = None
        self._ready: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        """Of the call that waits now."""

    async def exchange(self, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Begins to carry out messages. Returns those for the server as soon as there are some."""
        if self._answers is None:
            self._answers = Answers(self._settings, self._tell)
            self._running = asyncio.create_task(self._run(self._answers))
        for message in asked:
            self._answers.take(message)
        self._news.set()  # the call before this one returns
        news = self._news = asyncio.Event()
        if not self._ready:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT_S):
                    await news.wait()
        ready, self._ready = self._ready, []
        return ready

    def _tell(self, message: dict[str, Any]) -> None:
        self._ready.append(message)
        self._news.set()

    async def _run(self, answers: Answers) -> None:
        try:
            await answers.run()
        except Exception as error:
            self._tell({"Away": words_of(error)})


class Bundles:
    """The end in the driver. As ``Answers``, which are elsewhere."""

    def __init__(
        self,
        call: Callable[[list[dict[str, Any]]], Awaitable[list[dict[str, Any]]]],
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        self._call = call
        self._tell = tell
        self._asked: list[dict[str, Any]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._failure: Exception | None = None
        self._changed = asyncio.Event()
        self._left, self._counted_at = float(BURST), time.monotonic()

    def take(self, asked: dict[str, Any]) -> None:
        self._asked.append(asked)
        self._changed.set()

    async def run(self) -> None:
        """Runs until the cluster does not answer. Raises what became of it then."""
        while self._failure is None:
            if not self._under_way or (self._asked and len(self._under_way) < MOST_CALLS):
                await self._pace()
                asked, self._asked = self._asked, []
                self._under_way.add(asyncio.create_task(self._exchange(asked)))
            else:
                await self._changed.wait()
                self._changed.clear()
        raise self._failure

    async def _pace(self) -> None:
        """Returns when the next call may be made."""
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._counted_at) * CALLS_PER_S) - 1
        self._counted_at = now
        if self._left < 0:
            await asyncio.sleep(-self._left / CALLS_PER_S)

    async def _exchange(self, asked: list[dict[str, Any]]) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                ready = await self._call(asked)
            for message in ready:
                if "Away" in message and "Id" not in message:
                    raise ConnectionError(message["Away"])
                self._tell(message)
        except TimeoutError:
            self._failure = ConnectionError(f"no answer for {ANSWER_S:.0f} s")
        except Exception as error:
            self._failure = error
        finally:
            self._under_way.discard(asyncio.current_task())
            self._changed.set()
