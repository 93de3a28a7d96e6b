"""Creates, changes and stops the other records that a decision is about, in the transaction of the caller."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from clary.domain.errors import PlatformError
from clary.kinds.records import create_record, stop_record
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.decision import Decision
    from clary.kinds.kind import Kind
    from clary.kinds.stores import Stores


class RefusedRecord(Exception):
    """A record that a kind wants was refused."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


def change_others(stores: Stores, kinds: Mapping[str, Kind], decision: Decision) -> None:
    """stores: those of the owner. Raises RefusedRecord for a record that can't be created."""
    for new in decision.write:
        try:
            new.write(stores)
        except PlatformError as error:
            raise RefusedRecord(new.name, error.message) from error
    for wish in decision.make:
        kind = kinds[wish.record_kind]
        try:
            create_record(stores, kind, wish.request)
        except PlatformError as error:
            raise RefusedRecord(wish.request[kind.name_member], error.message) from error
    for change in decision.change:
        with contextlib.suppress(RecordMissing):
            stores.records.update(change.record_kind, change.name, change.changes)
    for stop in decision.stop:
        # It may have ended meanwhile, or been deleted.
        with contextlib.suppress(PlatformError):
            stop_record(stores, kinds[stop.record_kind], stop.name)
