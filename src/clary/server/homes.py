"""The folders of servers of this database on this machine: hosts of one that is gone go on under another.

Where a server's folder is, is written once and stays, because its hosts may outlive its other record.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clary.compute.machine_name import machine_name
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.server.state import StateFolder
    from clary.store.records import Records

Document = dict[str, Any]

KIND = "clary-home"

IN_USE_S = 15.0
"""Hosts that run are looked at once a second."""


class Homes:
    """The folders. Safe to use from any thread."""

    def __init__(
        self, state: StateFolder, records: Records, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state = state
        self._records = records
        self._clock = clock
        self._name = state.server_name()
        self._known: dict[str, Path] = {}
        self._used: dict[str, float] = {}

    def announce(self) -> None:
        """Says where the folder of this server is."""
        place = {"Name": self._name, "Home": str(self._state.home.resolve()), "Machine": machine_name()}
        try:
            self._records.update(KIND, self._name, place)
        except RecordMissing:
            self._records.insert(KIND, self._name, place)

    def of(self, name: str) -> Path | None:
        """Returns the folder of a server; None if it is not on this machine."""
        if name not in self._known:
            place = self._records.find(KIND, name)
            found = None if place is None else _reachable(place)
            if found is None:
                return None
            self._known[name] = found
        return self._known[name]

    def hosts_of(self, name: str) -> Path | None:
        """As ``of``, the folder of hosts. Notes that there are some."""
        home = self.of(name)
        if home is None:
            return None
        self._used[name] = self._clock()
        return home / "hosts"

    def adopted(self, handle: str, server: Document) -> str:
        """Returns the handle of a host of a server that is gone, as this server knows it."""
        home = self.of(server["Name"])
        if "@" in handle or home is None or not (home / "hosts" / handle).is_dir():
            return handle
        return f"{handle}@{server['Name']}"

    def with_host(self, host_id: str) -> str:
        """Returns the handle of a host that another server of this machine has started; empty for none.

        It was killed before it could write that down.
        """
        for place in self._records.each(KIND):
            name = place["Name"]
            home = None if name == self._name else self.of(name)
            if home is not None and (home / "hosts" / host_id).is_dir():
                return f"{host_id}@{name}"
        return ""

    def in_use(self) -> dict[str, Path]:
        """Returns the folders of other servers whose hosts this one takes care of."""
        now = self._clock()
        used = [name for name, at in list(self._used.items()) if now - at < IN_USE_S and name != self._name]
        return {name: self._known[name] for name in used}


def _reachable(place: Document) -> Path | None:
    home = Path(place["Home"])
    if place["Machine"] != machine_name():
        return None
    with contextlib.suppress(OSError):
        if (home / "server.id").read_text() == place["Name"]:
            return home
    return None
