"""Content of the S3 behind Clary that no row of an object names, so that none is left behind.

    reserve a name ──► owner, for LEASE_S ──► written ──► settled with the row that names it
    remove a row   ──► nobody's, in REST_S ──► deleted there ──► forgotten

A name enters this table before anything is written under it, and leaves it in the transaction of the row that
names it. So a name in the table belongs to no object, whoever dies in between, and any server of the database
may remove it once its time is over. A writer that was too slow finds its name gone, and its transaction
fails.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.store.blob_names import of_backing
from clary.store.prepared import Prepared
from clary.store.schema import backing_doubts as table

from .failures import BackingUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.engine import Connection

    from clary.store.database import Database

LEASE_S = 900.0
"""For how long a name is its writer's, who extends it while he lives."""
REST_S = 60.0
"""How long removed content stays for those who read it: other servers, and hosts that have its URL."""
AGAIN_S = 120.0
"""When removal that failed is tried again; nobody else tries meanwhile."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """unfinished: an upload in parts may have begun under the name."""

    blob: str
    until: float
    unfinished: bool


class Doubts:
    """The names of one process, and those that nobody owns. Safe to use from any thread."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._owner = secrets.token_hex(8)

    def reserve(self, count: int) -> list[str]:
        """Returns new names for rows."""
        blobs = [of_backing(secrets.token_hex(16)) for _ in range(count)]
        until = self._now() + LEASE_S
        rows = [{"blob": blob, "owner": self._owner, "until": until, "unfinished": 1} for blob in blobs]
        with self._database.write() as connection:
            _INSERT.execute_many(connection, rows)
        return blobs

    def settle(self, connection: Connection, blob: str) -> None:
        """In the transaction of the row that names it. Raises BackingUnavailable when it is too late."""
        if _SETTLE.execute(connection, {"b_blob": blob, "b_owner": self._owner}).rowcount != 1:
            raise BackingUnavailable("the content was not written in time, and has been removed")

    def doom(self, connection: Connection, blob: str) -> None:
        """In the transaction after which no row names it."""
        values = {"blob": blob, "owner": "", "until": self._now() + REST_S, "unfinished": 0}
        _INSERT.execute(connection, values)

    def give_up(self, blobs: Iterable[str]) -> None:
        """Names of this process that no row will name: anybody may remove them now."""
        with self._database.write() as connection:
            for blob in blobs:
                _GIVE_UP.execute(connection, {"b_blob": blob, "b_owner": self._owner, "b_until": self._now()})

    def renew(self) -> None:
        with self._database.write() as connection:
            _RENEW.execute(connection, {"b_owner": self._owner, "b_until": self._now() + LEASE_S})

    def due(self, limit: int, *, at_once: bool = False) -> list[Doubt]:
        """Names whose time is over. at_once: also those of removed content that still rests."""
        values = {"b_now": self._now(), "b_limit": limit}
        with self._database.read() as connection:
            rows = (_DUE_AT_ONCE if at_once else _DUE).rows(connection, values)
        return [Doubt(blob, until, bool(unfinished)) for blob, until, unfinished in rows]

    def claim(self, doubts: Iterable[Doubt]) -> list[Doubt]:
        """Returns those that this process shall remove. Their writers, if they live, have lost them."""
        with self._database.write() as connection:
            return [
                doubt
                for doubt in doubts
                if _CLAIM.execute(
                    connection,
                    {"b_blob": doubt.blob, "b_until": doubt.until, "b_next": self._now() + AGAIN_S},
                ).rowcount
                == 1
            ]

    def delay(self, blob: str) -> None:
        """Content that somebody still reads."""
        with self._database.write() as connection:
            _DELAY.execute(connection, {"b_blob": blob, "b_until": self._now() + REST_S})

    def forget(self, blobs: Iterable[str]) -> None:
        """Names under which nothing is left."""
        with self._database.write() as connection:
            for blob in blobs:
                _FORGET.execute(connection, {"b_blob": blob})


_THIS = table.c.blob == sa.bindparam("b_blob")
_OURS = table.c.owner == sa.bindparam("b_owner")
_LIMIT = sa.bindparam("b_limit", type_=sa.Integer)
_NOBODY = sa.literal_column("''", sa.String)
_LOOK = (
    sa.select(table.c.blob, table.c.until, table.c.unfinished)
    .order_by(table.c.until)
    .limit(_LIMIT)
    .offset(sa.literal_column("0", sa.Integer))
)
_INSERT = Prepared(table.insert(), ["blob", "owner", "until", "unfinished"])
_SETTLE = Prepared(sa.delete(table).where(_THIS, _OURS))
_GIVE_UP = Prepared(sa.update(table).where(_THIS, _OURS).values(owner=_NOBODY, until=sa.bindparam("b_until")))
_RENEW = Prepared(sa.update(table).where(_OURS).values(until=sa.bindparam("b_until")))
_OVER = table.c.until <= sa.bindparam("b_now")
_DUE = Prepared(_LOOK.where(_OVER))
_DUE_AT_ONCE = Prepared(_LOOK.where(sa.or_(_OVER, table.c.owner == _NOBODY)))
_CLAIM = Prepared(
    sa.update(table)
    .where(_THIS, table.c.until == sa.bindparam("b_until"))
    .values(owner=_NOBODY, until=sa.bindparam("b_next"))
)
_DELAY = Prepared(sa.update(table).where(_THIS).values(until=sa.bindparam("b_until")))
_FORGET = Prepared(sa.delete(table).where(_THIS))
