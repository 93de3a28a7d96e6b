"""Records: one document for each thing the platform knows, kept in the wire's own spelling.

Services write what is wanted, the runner writes what was seen; both merge top-level members into the
same document, and neither writes the other's. Members that start with ``_`` are ours: the serializer
drops them, because no output shape declares them.

``CreationTime`` and ``LastModifiedTime`` are kept by this class (epoch seconds).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from clary.domain.arns import canonical_arn

from .attribute_index import AttributeIndex, Query, SearchPage, paths_like, search
from .paging import ListQuery, Page, page
from .prepared import Prepared
from .schema import records as table

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from .database import Database

Document = dict[str, Any]
Changes = Mapping[str, Any] | Callable[[Document], Mapping[str, Any]]


class RecordMissing(LookupError):
    """No record of that kind and name."""


class RecordExists(Exception):
    """A record of that kind and name (upper and lower case are one) is there already."""


class LeaseLost(Exception):
    """The lease has run out, or the record was leased again since: nothing was written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write what was seen of one record, until ``until`` (epoch seconds).

    token: of this one taking. When the record is leased again, by whomever, the earlier lease is void.
    """

    kind: str
    name: str
    token: str
    until: float
    document: Document


class Records:
    """Documents by kind and name. Safe to use from any thread.

    Every call is one transaction, or a part of the one its thread has begun (``Database.transaction``).
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._attribute_index = AttributeIndex(database)
        self._listeners: list[Callable[[str, str], None]] = []
        self._listeners_lock = threading.Lock()

    def transaction(self) -> AbstractContextManager[None]:
        """What this thread writes inside the block, in any store, is committed together or not at all."""
        return self._database.transaction()

    def insert(self, kind: str, name: str, document: Document, *, arn: str = "", status: str = "") -> None:
        """Keeps a new document. Raises RecordExists when the name is taken."""
        now = self._now()
        document = {"CreationTime": now, "LastModifiedTime": now, **document}
        try:
            with self._database.write() as connection:
                inserted = _INSERT.execute(
                    connection,
                    {
                        "kind": kind,
                        "name": name,
                        "arn": arn,
                        "status": status,
                        "created_at": document["CreationTime"],
                        "modified_at": document["LastModifiedTime"],
                        "version": 1,
                        "document": orjson.dumps(document),
                    },
                )
                record = int(inserted.lastrowid)
                self._attribute_index.written(connection, kind, record, {}, document)
        except IntegrityError:
            raise RecordExists(f"{kind} {name!r} exists already") from None
        self._tell(kind, name)

    def get(self, kind: str, name: str) -> Document:
        """The document; raises RecordMissing."""
        found = self.find(kind, name)
        if found is None:
            raise RecordMissing(f"no {kind} named {name!r}")
        return found

    def find(self, kind: str, name: str) -> Document | None:
        with self._database.read() as connection:
            rows = _FIND.rows(connection, {"kind": kind, "name": name})
        return orjson.loads(rows[0][0]) if rows else None

    def find_by_arn(self, arn: str) -> Document | None:
        """In whatever case the ARN is spelled, where its service keeps one spelling."""
        with self._database.read() as connection:
            rows = _FIND_BY_ARN.rows(connection, {"arn": canonical_arn(arn)})
        return orjson.loads(rows[0][0]) if rows else None

    def update(self, kind: str, name: str, changes: Changes, *, status: str | None = None) -> Document:
        """Merges members into the document and returns all of it. Raises RecordMissing.

        ``changes`` may be a function of the present document: it runs inside the transaction, and
        what it raises leaves everything as it was. ``status`` also sets the column lists filter on.
        """
        with self._database.write() as connection:
            document = self._merge(connection, kind, name, changes, status)
        self._tell(kind, name)
        return document

    def delete(self, kind: str, name: str) -> None:
        """Raises RecordMissing when there is nothing to delete."""
        with self._database.write() as connection:
            rows = _FIND.rows(connection, {"kind": kind, "name": name})
            if not rows:
                raise RecordMissing(f"no {kind} named {name!r}")
            _DELETE.execute(connection, {"kind": kind, "name": name})
            self._attribute_index.removed(connection, kind, rows[0][1])
        self._tell(kind, name)

    def names(self, kind: str, *, statuses: Sequence[str] = ()) -> list[str]:
        """Every name of a kind, oldest first; only those in one of ``statuses`` when any is given."""
        query = sa.select(table.c.name).where(table.c.kind == kind).order_by(table.c.created_at, table.c.id)
        if statuses:
            query = query.where(table.c.status.in_(statuses))
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def each(self, kind: str) -> Iterator[Document]:
        """Every document of a kind in the order of names; for kinds with few records."""
        query = sa.select(table.c.document).where(table.c.kind == kind).order_by(table.c.name)
        with self._database.read() as connection:
            raws = connection.execute(query).scalars().all()
        for raw in raws:
            yield orjson.loads(raw)

    def page(self, query: ListQuery, *, limit: int, token: str | None = None) -> Page:
        """One page of a list; raises ``paging.BadToken``."""
        return page(self._database, query, limit=limit, token=token)

    def search(self, query: Query, *, limit: int, token: str | None = None) -> SearchPage:
        """One page of what a search finds, all earlier writes counted; raises ``paging.BadToken``."""
        self._attribute_index.catch_up()
        return search(self._database, query, limit=limit, token=token)

    def suggest(self, kind: str, hint: str, *, limit: int) -> list[str]:
        """Paths that records of a kind can be searched by and that contain the hint."""
        self._attribute_index.catch_up()
        return paths_like(self._database, kind, hint, limit=limit)

    def lease(self, kind: str, name: str, *, holder: str, for_s: float) -> Lease | None:
        """Takes the right to act on a record; None when somebody else holds it or it is gone.

        holder: who takes it, in letters and digits, another for each runner. The same holder may take a
        record again before its lease ends.
        """
        now = self._now()
        token = f"{holder}.{secrets.token_hex(8)}"
        values = {"of_kind": kind, "of_name": name, "mine": f"{holder}.%", "token": token}
        with self._database.write() as connection:
            taken = _TAKE.execute(connection, {**values, "now": now, "until": now + for_s})
            if taken.rowcount == 0:
                return None
            raw = _FIND.scalar(connection, {"kind": kind, "name": name})
        return Lease(kind, name, token, now + for_s, orjson.loads(raw))

    def apply(self, lease: Lease, changes: Changes, *, status: str | None = None) -> Document:
        """Writes what was seen under a lease. Raises LeaseLost when it has run out or was taken again."""
        with self._database.write() as connection:
            held = _HELD.rows(connection, {"kind": lease.kind, "name": lease.name})
            if not held or held[0][0] != lease.token:
                raise LeaseLost(f"{lease.kind} {lease.name!r} has been leased again since, or is gone")
            if held[0][1] <= self._now():
                raise LeaseLost(f"the lease of {lease.kind} {lease.name!r} has run out")
            document = self._merge(connection, lease.kind, lease.name, changes, status)
        self._tell(lease.kind, lease.name)
        return document

    def end_leases(self) -> None:
        """Ends every lease, for a runner that starts where no other one is alive."""
        with self._database.write() as connection:
            connection.execute(sa.update(table).where(table.c.lease_until > 0.0).values(lease_until=0.0))

    def on_change(self, listener: Callable[[str, str], None]) -> None:
        """Calls ``listener(kind, name)`` after every commit, in the thread that committed."""
        with self._listeners_lock:
            self._listeners.append(listener)

    def _merge(
        self, connection: Connection, kind: str, name: str, changes: Changes, status: str | None
    ) -> Document:
        rows = _FIND.rows(connection, {"kind": kind, "name": name})
        if not rows:
            raise RecordMissing(f"no {kind} named {name!r}")
        raw, record = rows[0]
        before: Document = orjson.loads(raw)
        # A copy of its own: ``changes`` may alter what it is given.
        document: Document = orjson.loads(raw)
        merged = changes(document) if callable(changes) else changes
        now = self._now()
        document.update(merged)
        document["LastModifiedTime"] = now
        values = {"of_kind": kind, "of_name": name, "changed": orjson.dumps(document), "now": now}
        if status is None:
            _WRITE.execute(connection, values)
        else:
            _WRITE_STATUS.execute(connection, {**values, "new_status": status})
        self._attribute_index.written(connection, kind, record, before, document)
        return document

    def _tell(self, kind: str, name: str) -> None:
        self._database.after_commit(lambda: self._tell_now(kind, name))

    def _tell_now(self, kind: str, name: str) -> None:
        for listener in self._listeners:
            listener(kind, name)


_INSERTED = ["kind", "name", "arn", "status", "created_at", "modified_at", "version", "document"]
# Every request and every step of a job comes through these: they are put together once.
_INSERT = Prepared(sa.insert(table), _INSERTED)
_NAMED = sa.and_(table.c.kind == sa.bindparam("kind"), table.c.name == sa.bindparam("name"))
_FIND = Prepared(sa.select(table.c.document, table.c.id).where(_NAMED))
_FIND_BY_ARN = Prepared(sa.select(table.c.document).where(table.c.arn == sa.bindparam("arn")))
_HELD = Prepared(sa.select(table.c.lease_holder, table.c.lease_until).where(_NAMED))
_DELETE = Prepared(sa.delete(table).where(_NAMED))
# An UPDATE keeps the names of columns for the values it sets.
_OF = sa.and_(table.c.kind == sa.bindparam("of_kind"), table.c.name == sa.bindparam("of_name"))
_TAKE = Prepared(
    sa.update(table)
    .where(
        _OF,
        sa.or_(table.c.lease_holder.like(sa.bindparam("mine")), table.c.lease_until <= sa.bindparam("now")),
    )
    .values(lease_holder=sa.bindparam("token"), lease_until=sa.bindparam("until"))
)
_CHANGES = {
    "document": sa.bindparam("changed"),
    "modified_at": sa.bindparam("now"),
    "version": table.c.version + sa.literal_column("1"),
}
_WRITE = Prepared(sa.update(table).where(_OF).values(_CHANGES))
_WRITE_STATUS = Prepared(
    sa.update(table).where(_OF).values({**_CHANGES, "status": sa.bindparam("new_status")})
)
