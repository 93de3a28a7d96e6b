"""Tells waiting jobs their positions in the queue for the machine.

Every start changes all positions, and telling a job is a write. So a job is told once when it joins the
queue; after that, the first ten are told every change, and the others in rounds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.compute.capacity import Capacity

EVERY_S = 5.0
FIRST = 10
OTHERS = 20
"""The number of jobs after the first ones that are told in one round."""

log = logging.getLogger("clary.runner")


class QueuePositions:
    """Tells waiting jobs their positions. Only for the event loop's thread."""

    def __init__(self, capacity: Capacity, say: Callable[[str, str], None]) -> None:
        """say(owner, message): called in a thread, because it writes."""
        self._capacity = capacity
        self._say = say
        self._told: dict[str, str] = {}
        self._joined: deque[str] = deque()
        self._new = asyncio.Event()
        self._next = 0

    def join(self, owner: str) -> None:
        """Adds an owner to those that are told. A second call changes nothing."""
        if owner not in self._told:
            self._told[owner] = ""
            self._joined.append(owner)
            self._new.set()

    def leave(self, owner: str) -> None:
        self._told.pop(owner, None)

    async def run(self) -> None:
        """Runs until cancelled."""
        clock = asyncio.get_running_loop().time
        round_at = clock() + EVERY_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(round_at):
                    await self._new.wait()
            self._new.clear()
            owners = [self._joined.popleft() for _ in range(len(self._joined))]
            if clock() >= round_at:
                # Also while jobs keep coming.
                owners += self._round()
                round_at = clock() + EVERY_S
            for start in range(0, len(owners), OTHERS):
                words = [
                    (owner, message)
                    for owner in owners[start : start + OTHERS]
                    if (message := self._message(owner)) and message != self._told[owner]
                ]
                self._told.update(words)
                await asyncio.to_thread(self._say_all, words)

    def _round(self) -> list[str]:
        others = self._capacity.waiting(max(FIRST, self._next), OTHERS)
        self._next = max(FIRST, self._next) + OTHERS if others else 0
        return self._capacity.waiting(0, FIRST) + others

    def _message(self, owner: str) -> str:
        """What a job is told; empty for one that waits no more."""
        if not self._capacity.is_waiting(owner) or owner not in self._told:
            return ""
        ahead = self._capacity.ahead_of(owner)
        jobs = f"{ahead} {'job' if ahead == 1 else 'jobs'} asked before this one" if ahead else ""
        reasons = "; ".join(filter(None, [jobs, self._capacity.waits_for(owner)]))
        return f"Waiting for capacity: {reasons}" if reasons else "Waiting for capacity"

    def _say_all(self, words: list[tuple[str, str]]) -> None:
        for owner, message in words:
            try:
                self._say(owner, message)
            except Exception:
                log.exception("%s could not be told its place; the next round tries again", owner)
