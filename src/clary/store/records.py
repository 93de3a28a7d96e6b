"""Records: one JSON document for each resource, with members spelled as on the wire.

Services write the desired state, the runner writes the observed state: both merge top-level members into the
document, and never write the members of the other. Members that begin with ``_`` are internal: the
serializer drops them, because no output shape declares them.

This class sets ``CreationTime`` and ``LastModifiedTime`` (epoch seconds).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from clary.domain.arns import canonical_arn

from . import record_rows as statements
from .attribute_index import AttributeIndex, AttributeTable, Query, SearchPage, paths_like, search
from .leases import Lease as Lease
from .leases import LeaseLost as LeaseLost
from .paging import ListQuery, Page, page
from .schema import records as table

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from .database import Database

TOPIC = "record"

CLOCKS_S = 60.0
"""How far the clocks of servers may be apart."""

Document = dict[str, Any]
Changes = Mapping[str, Any] | Callable[[Document], Mapping[str, Any]]


class RecordMissing(LookupError):
    """There is no record of that kind and name."""


class RecordExists(Exception):
    """A record of that kind and name exists. Names that differ in case only are equal."""


class Records:
    """Documents by kind and name. Safe to use from any thread.

    Every call is one transaction, or a part of that of its thread (``Database.transaction``).
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], float],
        lease_clock: Callable[[Connection], float] | None = None,
    ) -> None:
        """lease_clock: what leases end by where servers with clocks of their own have them; None: ``now``."""
        self._database = database
        self._now = now
        self._lease_clock = lease_clock or (lambda _: now())
        self._attribute_index = AttributeIndex(database)
        self._listeners: list[Callable[[str, str], None]] = []
        self._listeners_lock = threading.Lock()
        database.announcements.on(TOPIC, self._tell_now)
        database.announcements.on_gap(self._tell_since)

    def transaction(self) -> AbstractContextManager[None]:
        """Commits all writes of this thread in the block together, in any store, or none of them."""
        return self._database.transaction()

    def insert(self, kind: str, name: str, document: Document, *, arn: str = "", status: str = "") -> None:
        """Stores a new document. Raises RecordExists when the name is taken."""
        now = self._now()
        document = {"CreationTime": now, "LastModifiedTime": now, **document}
        try:
            with self._database.write() as connection:
                record = statements.INSERT.new_id(
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
                self._attribute_index.written(connection, kind, record, {}, document)
                self._database.announce(TOPIC, kind, name)
        except IntegrityError:
            raise RecordExists(f"{kind} {name!r} exists already") from None
        self._tell(kind, name)

    def get(self, kind: str, name: str) -> Document:
        """Returns a document. Raises RecordMissing."""
        found = self.find(kind, name)
        if found is None:
            raise RecordMissing(f"no {kind} named {name!r}")
        return found

    def find(self, kind: str, name: str) -> Document | None:
        with self._database.read() as connection:
            rows = statements.FIND.rows(connection, {"kind": kind, "name": name})
        return orjson.loads(rows[0][0]) if rows else None

    def find_by_arn(self, arn: str) -> Document | None:
        """Finds a document by its ARN, in any case if the service ignores case."""
        with self._database.read() as connection:
            rows = statements.FIND_BY_ARN.rows(connection, {"arn": canonical_arn(arn)})
        return orjson.loads(rows[0][0]) if rows else None

    def update(self, kind: str, name: str, changes: Changes, *, status: str | None = None) -> Document:
        """Merges members into the document and returns the whole document. Raises RecordMissing.

        changes: may be a function of the current document. It runs in the transaction, and its error undoes
        the update. status: the new status that lists filter by; None to leave it.
        """
        with self._database.write() as connection:
            document = self._merge(connection, kind, name, changes, status)
        self._tell(kind, name)
        return document

    def delete(self, kind: str, name: str) -> None:
        """Deletes a record. Raises RecordMissing."""
        with self._database.write() as connection:
            rows = statements.FIND.rows(connection, {"kind": kind, "name": name})
            if not rows:
                raise RecordMissing(f"no {kind} named {name!r}")
            statements.DELETE.execute(connection, {"kind": kind, "name": name})
            self._attribute_index.removed(connection, kind, rows[0][1])
            self._database.announce(TOPIC, kind, name)
        self._tell(kind, name)

    def names(self, kind: str, *, statuses: Sequence[str] = ()) -> list[str]:
        """Returns the names of a kind, oldest first. statuses: only of records with one of them, if given."""
        query = sa.select(table.c.name).where(table.c.kind == kind).order_by(table.c.created_at, table.c.id)
        if statuses:
            query = query.where(table.c.status.in_(statuses))
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def each(self, kind: str) -> Iterator[Document]:
        """Yields every document of a kind by name. For kinds with few records."""
        query = sa.select(table.c.document).where(table.c.kind == kind).order_by(table.c.name)
        with self._database.read() as connection:
            raws = connection.execute(query).scalars().all()
        for raw in raws:
            yield orjson.loads(raw)

    def page(self, query: ListQuery, *, limit: int, token: str | None = None) -> Page:
        """Returns one page of a list. Raises ``paging.BadToken``."""
        return page(self._database, query, limit=limit, token=token)

    def search(self, query: Query, *, limit: int, token: str | None = None) -> SearchPage:
        """Returns one page of a search that sees all earlier writes. Raises ``paging.BadToken``."""
        self._attribute_index.catch_up()
        return search(self._database, query, limit=limit, token=token)

    @contextmanager
    def table(self, kind: str) -> Iterator[AttributeTable]:
        """The attributes of a kind's records, all of one state that has all earlier writes."""
        self._attribute_index.catch_up()
        with self._database.snapshot() as connection:
            yield AttributeTable(connection, kind)

    def suggest(self, kind: str, hint: str, *, limit: int) -> list[str]:
        """Returns attribute paths of a kind that contain the hint."""
        self._attribute_index.catch_up()
        return paths_like(self._database, kind, hint, limit=limit)

    def lease(
        self,
        kind: str,
        name: str,
        *,
        holder: str,
        for_s: float,
        unless: Callable[[Document], bool] | None = None,
    ) -> Lease | None:
        """Leases a record; None when another holder has the lease, or the record is gone.

        holder: letters and digits, different for each runner. The same holder may lease a record again
        before its lease ends. unless: of the document, returns whether to leave the record alone.
        """
        token = f"{holder}.{secrets.token_hex(8)}"
        values = {"of_kind": kind, "of_name": name, "mine": f"{holder}.%", "token": token}
        with self._database.write() as connection:
            raw = statements.FIND.scalar(connection, {"kind": kind, "name": name})
            document = None if raw is None else orjson.loads(raw)
            if document is None or (unless is not None and unless(document)):
                return None
            now = self._lease_clock(connection)
            taken = statements.TAKE.execute(connection, {**values, "now": now, "until": now + for_s})
            if taken.rowcount == 0:
                return None
        return Lease(kind, name, token, now + for_s, document)

    def apply(self, lease: Lease, changes: Changes, *, status: str | None = None) -> Document:
        """Writes the observed state under a lease. Raises LeaseLost when it is expired or void."""
        with self._database.write() as connection:
            held = statements.HELD.rows(connection, {"kind": lease.kind, "name": lease.name})
            if not held or held[0][0] != lease.token:
                raise LeaseLost(f"{lease.kind} {lease.name!r} has been leased again since, or is gone")
            if held[0][1] <= self._lease_clock(connection):
                raise LeaseLost(f"the lease of {lease.kind} {lease.name!r} has run out")
            document = self._merge(connection, lease.kind, lease.name, changes, status)
        self._tell(lease.kind, lease.name)
        return document

    def end_leases(self, holder: str | None = None) -> None:
        """Ends every lease, or those of a holder. For the start of a runner, when no other one is alive."""
        change = sa.update(table).where(table.c.lease_until > 0.0).values(lease_until=0.0)
        if holder is not None:
            change = change.where(table.c.lease_holder.startswith(f"{holder}."))
        with self._database.write() as connection:
            connection.execute(change)

    def lease_time(self) -> float:
        """The time by which leases end (epoch seconds)."""
        with self._database.read() as connection:
            return self._lease_clock(connection)

    def on_change(self, listener: Callable[[str, str], None]) -> None:
        """Calls ``listener(kind, name)`` after every commit, in the thread that committed.

        Commits of other servers are told in a thread of their own.
        """
        with self._listeners_lock:
            self._listeners.append(listener)

    def _merge(
        self, connection: Connection, kind: str, name: str, changes: Changes, status: str | None
    ) -> Document:
        rows = statements.FIND.rows(connection, {"kind": kind, "name": name})
        if not rows:
            raise RecordMissing(f"no {kind} named {name!r}")
        raw, record = rows[0]
        before: Document = orjson.loads(raw)
        # A second copy, because ``changes`` may modify its argument.
        document: Document = orjson.loads(raw)
        merged = changes(document) if callable(changes) else changes
        now = self._now()
        document.update(merged)
        document["LastModifiedTime"] = now
        values = {"of_kind": kind, "of_name": name, "changed": orjson.dumps(document), "now": now}
        if status is None:
            statements.WRITE.execute(connection, values)
        else:
            statements.WRITE_STATUS.execute(connection, {**values, "new_status": status})
        self._attribute_index.written(connection, kind, record, before, document)
        self._database.announce(TOPIC, kind, name)
        return document

    def _tell(self, kind: str, name: str) -> None:
        self._database.after_commit(lambda: self._tell_now(kind, name))

    def _tell_since(self, seconds: float) -> None:
        """Tells the records that other servers may have changed meanwhile."""
        since = self._now() - seconds - CLOCKS_S
        with self._database.read() as connection:
            changed = connection.execute(
                sa.select(table.c.kind, table.c.name).where(table.c.modified_at >= since)
            )
            rows = [(kind, name) for kind, name in changed]
        for kind, name in rows:
            self._tell_now(kind, name)

    def _tell_now(self, kind: str, name: str) -> None:
        for listener in self._listeners:
            listener(kind, name)
