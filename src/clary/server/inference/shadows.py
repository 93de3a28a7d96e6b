"""Copies of requests for shadow variants. Their answers are read and dropped: no caller waits for one.

Data capture keeps a copy and its answer like those of the production variant, under the name of the shadow.

A shadow variant gets that share of the requests which its weight is of the weight of the production variant.
It is measured like any other variant. A copy is left out where too many are on their way: a slow shadow costs
neither the callers nor the memory of the server.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from clary.domain.errors import PlatformError

from .model_connection import ModelGone
from .model_servers import NotListening

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clary.kinds.endpoint.routes import RouteVariant

    from .capture import DataCapture
    from .choice import Chosen, InstanceChoice
    from .dispatcher import ModelAnswer
    from .invocation import Invocation

MOST_COPIES = 64
MOST_BYTES = 64 << 20


class ShadowCopies:
    """Sends copies. For the event loop only.

    ask: sends an invocation to an instance. capture: of the answers. random: a number from 0 to less than 1.
    """

    def __init__(
        self,
        choice: InstanceChoice,
        ask: Callable[[Chosen, Invocation], Awaitable[ModelAnswer]],
        capture: DataCapture,
        random: Callable[[], float],
    ) -> None:
        self._choice = choice
        self._ask = ask
        self._capture = capture
        self._random = random
        self._bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, chosen: Chosen, invocation: Invocation) -> None:
        """Begins to send copies of a request to the shadow variants of its endpoint."""
        for shadow in chosen.endpoint.routes.shadows:
            if self._random() * chosen.variant.weight < shadow.weight:
                self._begin(chosen, shadow, invocation)

    def _begin(self, chosen: Chosen, shadow: RouteVariant, invocation: Invocation) -> None:
        size = len(invocation.body)
        if len(self._tasks) >= MOST_COPIES or self._bytes + size > MOST_BYTES:
            return
        # A session and a container are those of the production variant.
        copy = replace(invocation, session_id="", target_container="", target_variant="")
        try:
            sent_to = self._choice.enter_shadow(chosen.endpoint, shadow, copy)
        except PlatformError:
            return  # a request that the shadow variant does not take, such as one that is too large
        if sent_to is None:
            return
        self._bytes += size
        task = asyncio.get_running_loop().create_task(self._send(sent_to, copy), name="shadow copy")
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._end(ended, size))

    async def _send(self, sent_to: Chosen, copy: Invocation) -> None:
        try:
            answer = await self._ask(sent_to, copy)
        except (PlatformError, NotListening):
            return  # counted as what it is, by the one who asked
        kept = self._capture.begin(sent_to, copy, answer.head.headers.get("content-type", ""))
        try:
            while piece := await answer.piece():
                if kept is not None:
                    kept.take(piece)
            if kept is not None:
                kept.end()
        except (ModelGone, TimeoutError):
            pass
        finally:
            answer.close()

    def _end(self, task: asyncio.Task[None], size: int) -> None:
        self._bytes -= size
        self._tasks.discard(task)
