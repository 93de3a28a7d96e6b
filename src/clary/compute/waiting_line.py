"""Owners that wait, in the order of their requests; those that yield behind all others."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class WaitingOwner:
    """since: the time of its first request."""

    yields: bool
    since: float
    owner: str


class WaitingLine:
    """Finds a position by bisection: every start changes all of them. Not thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, WaitingOwner] = {}
        self._order: list[WaitingOwner] = []
        """The same, sorted."""

    def __contains__(self, owner: object) -> bool:
        return owner in self._known

    def __len__(self) -> int:
        return len(self._order)

    def join(self, owner: str, since: float, *, yields: bool = False) -> None:
        """Adds an owner. A second call changes nothing."""
        if owner not in self._known:
            self._known[owner] = WaitingOwner(yields, since, owner)
            insort(self._order, self._known[owner])

    def leave(self, owner: str) -> None:
        if owner in self._known:
            del self._order[bisect_left(self._order, self._known.pop(owner))]

    def ahead_of(self, owner: str) -> int:
        """Returns the number of owners before this one."""
        return bisect_left(self._order, self._known[owner])

    def owners(self, first: int = 0, count: int | None = None) -> list[str]:
        """Returns owners in order, from a position on (counted from 0)."""
        return [each.owner for each in self._order[first : None if count is None else first + count]]

    def first(self) -> WaitingOwner | None:
        return self._order[0] if self._order else None
