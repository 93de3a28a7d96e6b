"""What has changed lately, for pages that are open.

    commit (any thread) ──► Changes: the last KEPT names, each with its number ──► wakes the streams
    stream (event loop) ──► since(where it was) ──► names, or "too long ago: read everything anew"

A stream keeps nothing but its position, so a slow page costs no more than a quick one. The position is sent
as the event's id: a page that comes back after a moment goes on where it was. After a restart of the server
it reads everything anew.

Artifacts and associations have no names here: a job writes ten of them, and pages show graphs. Their changes
are told as one name, LINEAGE, and only once until a stream has read it.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import deque
from typing import TYPE_CHECKING

from clary.kinds.catalogue import find_kind
from clary.kinds.entities import ENTITIES
from clary.store.lineage import ARTIFACT
from clary.store.links import LinkKind

from .sessions import SESSION

if TYPE_CHECKING:
    from clary.store.links import Links
    from clary.store.records import Records

KEPT = 4_096

Name = tuple[str, str]
"""(kind, name) of a record, or LINEAGE."""

LINEAGE: Name = ("lineage", "")
"""What was made from what: an artifact or an association has changed."""


def shown_noun(record_kind: str) -> str:
    """What the operations of a kind of record are named by, ``Describe<noun>``; empty if pages show none."""
    kind = find_kind(record_kind) or ENTITIES.get(record_kind)
    return "" if kind is None else kind.noun


class Changes:
    """``since`` may be called from any thread; all else by one event loop."""

    def __init__(self, records: Records, links: Links) -> None:
        self._lock = threading.Lock()
        self._boot = secrets.token_hex(8)
        self._recent: deque[Name] = deque(maxlen=KEPT)
        self._count = 0
        self._read = 0
        """The greatest count that a stream knows of."""
        self._lineage_at = 0
        """The count of the newest LINEAGE."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[asyncio.Event] = set()
        self._woken = False
        self.closed = False
        """Whether the server is going down; streams have to end."""
        records.on_change(self._record_changed)
        links.on_change(self._link_changed)

    @property
    def position(self) -> str:
        """Of what comes next."""
        with self._lock:
            return self._position_now()

    def since(self, position: str) -> tuple[list[Name] | None, str]:
        """Returns (names that have changed since a position, the position now).

        None instead of the names for a position that is not known any more.
        """
        boot, _, number = position.partition(".")
        with self._lock:
            now = self._position_now()
            if boot != self._boot or not (number.isascii() and number.isdigit()):
                return None, now
            missed = self._count - int(number)
            if not 0 <= missed <= len(self._recent):
                return None, now
            recent = list(self._recent)
        return list(dict.fromkeys(recent[len(recent) - missed :])), now

    def open(self) -> asyncio.Event:
        """A stream's event, set whenever something has changed; ``leave`` has to be called with it."""
        self._loop = asyncio.get_running_loop()
        event = asyncio.Event()
        self._streams.add(event)
        return event

    def leave(self, event: asyncio.Event) -> None:
        self._streams.discard(event)

    @property
    def streams(self) -> int:
        return len(self._streams)

    def close(self) -> None:
        """Has all streams end."""
        self.closed = True
        self._wake()

    def _position_now(self) -> str:
        self._read = self._count
        return f"{self._boot}.{self._count}"

    def _record_changed(self, kind: str, name: str) -> None:
        if kind == SESSION:
            self._rouse(None)
        elif kind == ARTIFACT:
            self._rouse(LINEAGE)
        elif shown_noun(kind):
            self._rouse((kind, name))

    def _link_changed(self, kind: LinkKind) -> None:
        if kind is LinkKind.ASSOCIATION:
            self._rouse(LINEAGE)

    def _rouse(self, changed: Name | None) -> None:
        """Wakes the streams, with a name that has changed if there is one."""
        with self._lock:
            if changed is not None:
                if changed == LINEAGE:
                    if self._lineage_at > self._read:
                        return
                    self._lineage_at = self._count + 1
                self._recent.append(changed)
                self._count += 1
            if self._woken or not self._streams or self._loop is None or self._loop.is_closed():
                return
            self._woken = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        with self._lock:
            self._woken = False
        for event in self._streams:
            event.set()
