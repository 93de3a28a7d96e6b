"""Tells the loop which serverless variants are used: it starts hosts for them, and ends unused ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from clary.kinds.endpoint import KIND
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.store.records import Records

TOLD_S = 10.0
"""A variant that is used is told at most this often."""
URGENT_S = 1.0
"""The same for one without an instance."""


class ServerlessDemand:
    """Writes ``_Wanted`` of endpoint records: variant to the time of its last use (epoch seconds)."""

    def __init__(self, records: Records, now: Callable[[], float]) -> None:
        self._records = records
        self._now = now
        self._told: dict[tuple[str, str], float] = {}
        # A write may wait for another writer; requests do not wait for it.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="clary-demand")

    def note(self, endpoint: str, variant: str, *, urgent: bool) -> None:
        """A variant is used now. urgent: it has no instance."""
        now = self._now()
        if now - self._told.get((endpoint, variant), 0.0) < (URGENT_S if urgent else TOLD_S):
            return
        self._told[endpoint, variant] = now
        self._threads.submit(self._write, endpoint, variant, now)

    def close(self) -> None:
        self._threads.shutdown()

    def _write(self, endpoint: str, variant: str, now: float) -> None:
        def used(record: dict[str, Any]) -> dict[str, Any]:
            return {"_Wanted": {**record.get("_Wanted", {}), variant: now}}

        try:
            self._records.update(KIND.record_kind, endpoint, used)
        except RecordMissing:
            self._told.pop((endpoint, variant), None)
