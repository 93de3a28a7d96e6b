"""Keeps the attribute index up to date: only what changed is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from clary.store.dialects import insert_new, texts_in
from clary.store.prepared import Prepared, PreparedInsert
from clary.store.schema import attribute_paths as paths
from clary.store.schema import attribute_values as table
from clary.store.schema import records, stale_attributes

from .flatten import Flat, flatten
from .joined import COMPONENT, JOINED, joined_members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from clary.store.database import Database

BACKLOG = 256
"""Stale records that may wait for a search. If there are more, each new mark refreshes two of them."""

AT_ONCE = 64
"""Records that a search refreshes in one transaction. Other writers have their turn between two."""


class AttributeIndex:
    """The attributes of every searchable record. Safe to use from any thread.

    Methods that take a connection run in the caller's transaction, a ``Database.write()``. Call them after
    the change that they are about, because they may read it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: dict[tuple[str, str], int] = {}
        self._paths: dict[int, str] = {}
        self._uncommitted: list[tuple[str, str]] = []
        database.on_end(self._transaction_ended)

    def written(
        self, connection: Connection, kind: str, record: int, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> None:
        """Indexes what has changed in a document.

        old: empty for a new record. new: has at least the members of ``old``.
        """
        if kind not in JOINED:
            return
        own = _own_members(kind, new)
        changed = [member for member in own if member not in old or old[member] != new[member]]
        before = flatten({member: old[member] for member in changed if member in old})
        self._replace(connection, kind, record, before, flatten({member: new[member] for member in changed}))
        if kind == COMPONENT and ("Source" in changed or "Sources" in changed):
            self._mark(connection, _MARK_RECORD, {"record": record})

    def removed(self, connection: Connection, kind: str, record: int) -> None:
        if kind in JOINED:
            _REMOVE_ALL.execute(connection, {"record_": record})
            _UNMARK.execute(connection, {"record_": record})

    def mark(self, connection: Connection, arn: str) -> None:
        """Marks a record whose tags or metrics have changed, and the components whose source it is."""
        self._mark(connection, _MARK_ARN, {"arn": arn, "kinds": orjson.dumps(list(JOINED)).decode()})

    def mark_named(self, connection: Connection, kind: str, name: str) -> None:
        """Marks a record whose links have changed."""
        if kind in JOINED:
            self._mark(connection, _MARK_NAMED, {"kind": kind, "name": name})

    def catch_up(self) -> None:
        """Refreshes every record that was marked before this call."""
        with self._database.read() as connection:
            stale = [record for (record,) in _STALE.rows(connection, {})]
        for first in range(0, len(stale), AT_ONCE):
            with self._database.write() as connection:
                for record in stale[first : first + AT_ONCE]:
                    self._refresh(connection, record)

    def _mark(self, connection: Connection, statement: Prepared, values: Mapping[str, Any]) -> None:
        new = statement.execute(connection, values).rowcount > 0
        if new and _SOME.rows(connection, {"limit": 1, "offset": BACKLOG}):
            for (record,) in _SOME.rows(connection, {"limit": 2, "offset": 0}):
                self._refresh(connection, record)

    def _refresh(self, connection: Connection, record: int) -> None:
        _UNMARK.execute(connection, {"record_": record})
        found = _RECORD.rows(connection, {"record": record})
        if not found or found[0][0] not in JOINED:
            return
        kind, name, arn, raw = found[0]
        document = orjson.loads(raw)
        members = {member: document[member] for member in _own_members(kind, document)}
        members |= joined_members(connection, kind, name, arn, document)
        before: Flat = {}
        for path, place, string, number, lead in _OF_RECORD.rows(connection, {"record": record}):
            before[self._path(connection, path), place] = (string, number, lead)
        self._replace(connection, kind, record, before, flatten(members))

    def _replace(self, connection: Connection, kind: str, record: int, before: Flat, after: Flat) -> None:
        gone = [key for key, value in before.items() if after.get(key) != value]
        new = [key for key, value in after.items() if before.get(key) != value]
        if gone:
            keys: list[dict[str, Any]] = [
                {"record_": record, "path_": self._id(connection, kind, path), "place_": place}
                for path, place in gone
            ]
            _REMOVE.execute_many(connection, keys)
        if new:
            rows: list[dict[str, Any]] = []
            for key in new:
                string, number, lead = after[key]
                path = self._id(connection, kind, key[0])
                values = {"string": string, "number": number, "lead": lead}
                rows.append({"record": record, "path": path, "place": key[1], **values})
            _INSERT.execute_many(connection, rows)

    def _id(self, connection: Connection, kind: str, path: str) -> int:
        """Returns the id of a path of a kind; a new path gets one."""
        known = self._ids.get((kind, path))
        if known is not None:
            return known
        found = _PATH_ID.scalar(connection, {"kind": kind, "path": path})
        if found is None:
            new = {"kind": kind, "path": path, "folded": path.lower()}
            found = _NEW_PATH.new_id(connection, new)
        self._remember(kind, path, found)
        return int(found)

    def _path(self, connection: Connection, number: int) -> str:
        known = self._paths.get(number)
        if known is None:
            ((kind, known),) = _PATH.rows(connection, {"id": number})
            self._remember(kind, known, number)
        return known

    def _remember(self, kind: str, path: str, number: int) -> None:
        self._ids[kind, path] = number
        self._paths[number] = path
        self._uncommitted.append((kind, path))

    def _transaction_ended(self, committed: bool) -> None:
        """Forgets the ids of paths that were new in a transaction that was rolled back."""
        if not committed:
            for key in self._uncommitted:
                self._paths.pop(self._ids.pop(key), None)
        self._uncommitted.clear()


def _own_members(kind: str, document: Mapping[str, Any]) -> list[str]:
    return [member for member in document if member[0] != "_" and member not in JOINED[kind]]


_INSERT = Prepared(sa.insert(table), [column.name for column in table.c])
_REMOVE = Prepared(
    sa.delete(table).where(
        table.c.record == sa.bindparam("record_"),
        table.c.path == sa.bindparam("path_"),
        table.c.place == sa.bindparam("place_"),
    )
)
_REMOVE_ALL = Prepared(sa.delete(table).where(table.c.record == sa.bindparam("record_")))
_OF_RECORD = Prepared(
    sa.select(table.c.path, table.c.place, table.c.string, table.c.number, table.c.lead).where(
        table.c.record == sa.bindparam("record")
    )
)
_RECORD = Prepared(
    sa.select(records.c.kind, records.c.name, records.c.arn, records.c.document).where(
        records.c.id == sa.bindparam("record")
    )
)
_PATH_ID = Prepared(
    sa.select(paths.c.id).where(paths.c.kind == sa.bindparam("kind"), paths.c.path == sa.bindparam("path"))
)
_PATH = Prepared(sa.select(paths.c.kind, paths.c.path).where(paths.c.id == sa.bindparam("id")))
_NEW_PATH = PreparedInsert(paths, ["kind", "path", "folded"])
_STALE = Prepared(sa.select(stale_attributes.c.record))
_LIMIT, _OFFSET = sa.bindparam("limit", type_=sa.Integer), sa.bindparam("offset", type_=sa.Integer)
_SOME = Prepared(sa.select(stale_attributes.c.record).limit(_LIMIT).offset(_OFFSET))
_UNMARK = Prepared(sa.delete(stale_attributes).where(stale_attributes.c.record == sa.bindparam("record_")))
_MARK = insert_new(stale_attributes)
_SOURCE_PATHS = sa.select(paths.c.id).where(
    paths.c.kind == sa.literal_column(f"'{COMPONENT}'"),
    paths.c.path.in_([sa.literal_column(f"'{path}.SourceArn'") for path in ("Source", "Sources")]),
)
_MARK_RECORD = Prepared(_MARK, ["record"])
_MARK_NAMED = Prepared(
    _MARK.from_select(
        ["record"],
        sa.select(records.c.id).where(
            records.c.kind == sa.bindparam("kind"), records.c.name == sa.bindparam("name")
        ),
    )
)
_KINDS = texts_in(sa.bindparam("kinds"))
_MARK_ARN = Prepared(
    _MARK.from_select(
        ["record"],
        sa.union_all(
            sa.select(records.c.id).where(
                records.c.arn == sa.bindparam("arn"),
                # Which kinds are searched is not known before the server's catalogue is read.
                records.c.kind.in_(sa.select(_KINDS.c.value)),
            ),
            sa.select(table.c.record).where(
                table.c.path.in_(_SOURCE_PATHS), table.c.string == sa.bindparam("arn")
            ),
        ),
    )
)
