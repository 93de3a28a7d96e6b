"""Which instance has a session: a model that keeps something between requests of one caller."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .in_flight import InstanceKey

KEPT = 10_000
"""Sessions that nobody ends are forgotten, the longest unused first."""


class ModelSessions:
    """Session to instance, in memory: a session ends with its instance."""

    def __init__(self) -> None:
        self._owners: OrderedDict[str, InstanceKey] = OrderedDict()

    def begin(self, answered: str, owner: InstanceKey) -> None:
        """answered: the container's header, ``ID; Expires=2026-11-27T12:00:00Z``."""
        self._owners[answered.partition(";")[0].strip()] = owner
        if len(self._owners) > KEPT:
            self._owners.popitem(last=False)

    def end(self, session_id: str) -> None:
        self._owners.pop(session_id.strip(), None)

    def owner(self, session_id: str) -> InstanceKey | None:
        if session_id in self._owners:
            self._owners.move_to_end(session_id)
        return self._owners.get(session_id)
