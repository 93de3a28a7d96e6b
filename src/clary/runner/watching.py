"""Which records follow which others: a change of the followed one wakes the follower."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Follower = TypeVar("Follower", bound=Hashable)
RecordKey = tuple[str, str]


_NOTHING: frozenset[RecordKey] = frozenset()


class Watching(Generic[Follower]):
    """For one thread only, except ``who_follows``, which any thread may call."""

    def __init__(self) -> None:
        self._followed: dict[Follower, frozenset[RecordKey]] = {}
        self._followers: dict[RecordKey, frozenset[Follower]] = {}

    def follow(self, follower: Follower, keys: Iterable[RecordKey]) -> None:
        """Sets the records that a follower follows."""
        new, old = frozenset(keys), self._followed.get(follower, _NOTHING)
        if new == old:
            return
        for key in old - new:
            rest = self._followers[key] - {follower}
            if rest:
                self._followers[key] = rest
            else:
                del self._followers[key]
        for key in new - old:
            self._followers[key] = self._followers.get(key, frozenset()) | {follower}
        if new:
            self._followed[follower] = new
        else:
            self._followed.pop(follower, None)

    def drop(self, follower: Follower) -> None:
        """Removes a follower."""
        self.follow(follower, ())

    def who_follows(self, key: RecordKey) -> frozenset[Follower]:
        return self._followers.get(key, frozenset())
