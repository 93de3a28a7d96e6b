"""Links between resources: what belongs to what, and what was made from what.

A link exists once. Links are found by either end through an index. The kinds are in ``link_kinds``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from .attribute_index import AttributeIndex
from .attribute_index.joined import COMPONENT as COMPONENT_RECORD
from .dialects import insert_new, likely
from .link_kinds import LinkKind as LinkKind
from .prepared import Prepared
from .schema import links as table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from .database import Database

TOPIC = "link"


@dataclass(frozen=True, slots=True)
class Link:
    """``created_at``: epoch seconds."""

    source: str
    target: str
    label: str
    created_at: float
    attributes: dict[str, Any]


class Links:
    """Links by kind. Safe to use from any thread. A call is a transaction, or a part of its thread's."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._attribute_index = AttributeIndex(database)
        self._listeners: list[Callable[[LinkKind], None]] = []
        database.announcements.on(TOPIC, lambda kind: self._tell_now(LinkKind(kind)))
        database.announcements.on_gap(lambda _: self._tell_all())

    def on_change(self, listener: Callable[[LinkKind], None]) -> None:
        """Calls ``listener(kind)`` for each link that was added or removed, after its commit.

        It is called in the thread that committed; commits of other servers are told in one of their own.
        Add listeners before the first change.
        """
        self._listeners.append(listener)

    @property
    def changing(self) -> AbstractContextManager[object]:
        """A transaction that reads links and then changes them, without other writes in between."""
        return self._database.write()

    @property
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for further queries. It sees what this thread's transaction has written."""
        return self._database.read()

    def add(
        self,
        kind: LinkKind,
        source: str,
        target: str,
        *,
        label: str = "",
        attributes: dict[str, Any] | None = None,
    ) -> bool:
        """Adds a link. Returns False, and changes nothing, when it exists."""
        row = self._row(kind, source, target, label, attributes, self._now())
        with self._database.write() as connection:
            new = _ADD.execute(connection, row).rowcount == 1
            self._changed(connection, kind, [target])
        if new:
            self._tell(kind)
        return new

    def put(self, kind: LinkKind, source: str, target: str, *, label: str, created_at: float) -> None:
        """Adds a link, or replaces the label and the time of the existing one."""
        row = self._row(kind, source, target, label, None, created_at)
        with self._database.write() as connection:
            _REMOVE.execute(connection, row)
            _ADD.execute(connection, row)
            self._changed(connection, kind, [target])
        self._tell(kind)

    def find(self, kind: LinkKind, source: str, target: str) -> Link | None:
        with self._database.read() as connection:
            rows = _FIND.rows(connection, {"kind": kind.value, "source": source, "target": target})
        return _link(rows[0]) if rows else None

    def remove(self, kind: LinkKind, source: str, target: str) -> bool:
        """Removes a link. Returns whether it existed."""
        with self._database.write() as connection:
            row = {"kind": kind.value, "source": source, "target": target}
            there = _REMOVE.execute(connection, row).rowcount == 1
            self._changed(connection, kind, [target])
        if there:
            self._tell(kind)
        return there

    def remove_all(self, kind: LinkKind, end: str) -> None:
        """Removes every link from or to ``end``."""
        with self._database.write() as connection:
            targets = {target: None for target in _names(_TARGETS, connection, kind, end)}
            for source in _names(_SOURCES, connection, kind, end):
                targets[end] = None
                _REMOVE.execute(connection, {"kind": kind.value, "source": source, "target": end})
            _REMOVE_FROM.execute(connection, {"kind": kind.value, "end": end})
            self._changed(connection, kind, list(targets))
        if targets:
            self._tell(kind)

    def targets(self, kind: LinkKind, source: str) -> list[str]:
        """Returns the targets of a source, sorted."""
        with self._database.read() as connection:
            return _names(_TARGETS, connection, kind, source)

    def sources(self, kind: LinkKind, target: str) -> list[str]:
        """Returns the sources of a target, sorted."""
        with self._database.read() as connection:
            return _names(_SOURCES, connection, kind, target)

    def any_from(self, kind: LinkKind, source: str) -> bool:
        with self._database.read() as connection:
            return _ANY_FROM.scalar(connection, {"kind": kind.value, "end": source}) is not None

    def any_to(self, kind: LinkKind, target: str) -> bool:
        with self._database.read() as connection:
            return _ANY_TO.scalar(connection, {"kind": kind.value, "end": target}) is not None

    def from_each(self, kind: LinkKind, sources: Sequence[str]) -> list[Link]:
        """Returns every link from one of the sources."""
        return self._links_at(_FROM_EACH, kind, sources)

    def to_each(self, kind: LinkKind, targets: Sequence[str]) -> list[Link]:
        """Returns every link to one of the targets."""
        return self._links_at(_TO_EACH, kind, targets)

    def newest(self, kind: LinkKind, end: str, most: int, *, skip: int = 0, to: bool) -> list[Link]:
        """Returns up to ``most`` links to (else from) an end, the newest first, after the ``skip`` newest."""
        values = {"kind": kind.value, "end": end, "most": most, "skip": skip}
        with self._database.read() as connection:
            return [_link(row) for row in (_NEWEST_TO if to else _NEWEST_FROM).rows(connection, values)]

    def count(self, kind: LinkKind, end: str, most: int, *, to: bool) -> int:
        """Returns the number of links to (else from) an end; stops counting at ``most``."""
        values = {"kind": kind.value, "end": end, "most": most}
        with self._database.read() as connection:
            return int((_COUNT_TO if to else _COUNT_FROM).scalar(connection, values))

    def sources_within(self, kind: LinkKind, prefix: str) -> list[str]:
        """Returns every source that begins with ``prefix``, sorted. Reads one range of the index."""
        its = (table.c.kind == kind.value, table.c.source >= prefix, table.c.source < _after(prefix))
        with self._database.read() as connection:
            found = connection.execute(sa.select(table.c.source).where(*its).distinct())
            return list(found.scalars())

    def all(self, kind: LinkKind) -> list[Link]:
        with self._database.read() as connection:
            rows = connection.execute(sa.select(table).where(table.c.kind == kind.value)).all()
        return [_link(row) for row in rows]

    def _tell(self, kind: LinkKind) -> None:
        self._database.after_commit(lambda: self._tell_now(kind))

    def _tell_all(self) -> None:
        for kind in LinkKind:
            self._tell_now(kind)

    def _tell_now(self, kind: LinkKind) -> None:
        for listener in self._listeners:
            listener(kind)

    def _changed(self, connection: Connection, kind: LinkKind, targets: Sequence[str]) -> None:
        """Marks components whose trials have changed, because they are searched by them."""
        self._database.announce(TOPIC, kind.value)
        if kind is LinkKind.COMPONENT:
            for target in targets:
                self._attribute_index.mark_named(connection, COMPONENT_RECORD, target)

    def _links_at(self, statement: Prepared, kind: LinkKind, ends: Sequence[str]) -> list[Link]:
        found: list[Link] = []
        with self._database.read() as connection:
            for end in dict.fromkeys(ends):
                rows = statement.rows(connection, {"kind": kind.value, "end": end})
                found += [_link(row) for row in rows]
        return sorted(found, key=lambda link: (link.source, link.target))

    def _row(
        self,
        kind: LinkKind,
        source: str,
        target: str,
        label: str,
        attributes: dict[str, Any] | None,
        created_at: float,
    ) -> dict[str, Any]:
        return {
            "kind": kind.value,
            "source": source,
            "target": target,
            "label": label,
            "created_at": created_at,
            "attributes": orjson.dumps(attributes or {}),
        }


def select_targets(kind: LinkKind, sources: str | sa.Select[tuple[str]]) -> sa.Select[tuple[str]]:
    """Selects the targets of one source, or of all sources of another query; for the query of a list."""
    at = table.c.source == sources if isinstance(sources, str) else table.c.source.in_(sources)
    return sa.select(table.c.target).where(table.c.kind == kind.value, at)


def select_sources(kind: LinkKind, target: str) -> sa.Select[tuple[str]]:
    return sa.select(table.c.source).where(table.c.kind == kind.value, table.c.target == target)


def of_kind(links: sa.FromClause, kind: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Builds the condition that a link is of a kind, with the hint that most links are.

    SQLite has no statistics here, and by default prefers one column of the primary key to two columns of
    another index: to find links by their target it would read every link of the kind.
    """
    return likely(links.c.kind == kind)


def _link(row: Sequence[Any]) -> Link:
    _, source, target, label, created_at, attributes = row
    return Link(source, target, label, created_at, orjson.loads(attributes))


def _after(prefix: str) -> str:
    """Returns the first text that sorts behind all texts with a prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _names(statement: Prepared, connection: Connection, kind: LinkKind, end: str) -> list[str]:
    return [name for (name,) in statement.rows(connection, {"kind": kind.value, "end": end})]


_COLUMNS = [column.name for column in table.c]
_ADD = Prepared(insert_new(table), _COLUMNS)
_ONE = sa.and_(
    table.c.kind == sa.bindparam("kind"),
    table.c.source == sa.bindparam("source"),
    table.c.target == sa.bindparam("target"),
)
_FIND = Prepared(sa.select(table).where(_ONE))
_REMOVE = Prepared(sa.delete(table).where(_ONE))
_FROM = sa.and_(table.c.kind == sa.bindparam("kind"), table.c.source == sa.bindparam("end"))
_TO = sa.and_(table.c.kind == sa.bindparam("kind"), table.c.target == sa.bindparam("end"))
_REMOVE_FROM = Prepared(sa.delete(table).where(_FROM))
_TARGETS = Prepared(sa.select(table.c.target).where(_FROM).order_by(table.c.target))
_SOURCES = Prepared(sa.select(table.c.source).where(_TO).order_by(table.c.source))
_EACH = sa.select(table).where(of_kind(table, sa.bindparam("kind")))
_FROM_EACH = Prepared(_EACH.where(table.c.source == sa.bindparam("end")))
_TO_EACH = Prepared(_EACH.where(table.c.target == sa.bindparam("end")))
_AT_FROM = of_kind(table, sa.bindparam("kind")) & (table.c.source == sa.bindparam("end"))
_AT_TO = of_kind(table, sa.bindparam("kind")) & (table.c.target == sa.bindparam("end"))


def _newest(at: sa.ColumnElement[bool]) -> Prepared:
    order = (table.c.created_at.desc(), table.c.source, table.c.target)
    page = sa.select(table).where(at).order_by(*order)
    return Prepared(page.limit(sa.bindparam("most")).offset(sa.bindparam("skip")))


def _count(at: sa.ColumnElement[bool]) -> Prepared:
    few = (
        sa.select(sa.literal_column("1"))
        .where(at)
        .limit(sa.bindparam("most"))
        .offset(sa.literal_column("0"))
        .subquery()
    )
    return Prepared(sa.select(sa.func.count()).select_from(few))


_NEWEST_FROM, _NEWEST_TO = _newest(_AT_FROM), _newest(_AT_TO)
_COUNT_FROM, _COUNT_TO = _count(_AT_FROM), _count(_AT_TO)
_ANY_FROM = Prepared(sa.select(table.c.target).where(_FROM))
_ANY_TO = Prepared(sa.select(table.c.source).where(_TO))
