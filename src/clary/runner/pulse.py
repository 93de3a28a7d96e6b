"""How servers of one database know which of them are alive, and when one has to stop acting.

    every BEAT_S      a server writes a new number into its record
    silent            others have looked all the time, and its number has stayed the same for ``dead_s``
    must not act      its own last write is so long ago that others may soon take it for dead

Nobody compares clocks: each measures with its own how long it has seen nothing new. So a database that was
away for an hour has no dead servers when it is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.compute.backends.process import since_boot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Document = dict[str, Any]

DEAD_S = 60.0
"""A server that has said nothing for this long is gone."""

BEATS = 12
"""How many times a server says that it is alive, until it would be taken for dead."""

FENCE = 0.75
"""The part of that time after which a server that could not say so stops acting."""


class Pulse:
    """What this server says of itself, and whether it may act. Safe to use from any thread.

    facts: what others have to know to reach it. Without others it may always act.
    """

    def __init__(
        self,
        *,
        dead_s: float = DEAD_S,
        facts: Callable[[], Document] = dict,
        clock: Callable[[], float] = since_boot,
    ) -> None:
        self.dead_s = dead_s
        self.beat_s = dead_s / BEATS
        self.facts = facts
        self.clock = clock
        self._beaten_at = clock()
        self._has_others = False

    def beaten(self, at: float, *, has_others: bool) -> None:
        """Notes a beat. at: the time before it was written."""
        self._beaten_at = at
        self._has_others = has_others

    def may_act(self) -> bool:
        """Whether no other server can have taken the records of this one over."""
        return not self._has_others or self.silent_s() < FENCE * self.dead_s

    def silent_s(self) -> float:
        return self.clock() - self._beaten_at


class SilentServers:
    """Finds servers that are gone, from what is read of all at each beat. For one thread."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._seen: dict[str, tuple[Any, float]] = {}
        """The last number of each server, and when it was seen first."""
        self._looked_at = pulse.clock()

    def gone(self, servers: Iterable[Document]) -> list[Document]:
        """Returns the servers that have been silent for too long. servers: what all have written."""
        now = self._pulse.clock()
        if now - self._looked_at > self._pulse.dead_s / 2:
            # It was stopped, or without the database: what others wrote meanwhile was not seen.
            self._seen.clear()
        self._looked_at = now
        gone, seen = [], {}
        for server in servers:
            number, since = self._seen.get(server["Name"], (None, now))
            if number != server["SeenAt"]:
                since = now
            seen[server["Name"]] = server["SeenAt"], since
            # The other one stops acting by its own setting.
            if now - since > max(server.get("DeadS", DEAD_S), self._pulse.dead_s):
                gone.append(server)
        self._seen = seen
        return gone
