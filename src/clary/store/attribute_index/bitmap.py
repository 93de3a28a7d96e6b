"""Evaluates an expression for all records at once. The result is a bitmap: a byte for each record.

    record     0  1  2  3  4
    p > 0.5    0  1  0  1  1     one scan of an index; as JSON, 0.1 µs a row
    q = "x"    0  0  0  1  1
    both       0  0  0  1  1     one operation on two long integers

SQL reads a bitmap with ``substr``: a scan of an index tests 100,000 records in 12 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from clary.store.dialects import as_list, byte_at, numbers_in
from clary.store.schema import records

from .expression import Every, Expression, Nested, Not, Some, Where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from .conditions import Conditions


RecordBitmap = bytes
"""One byte for each record id from 0 on: 1 where the record satisfies the expression, else 0."""


@dataclass(frozen=True, slots=True)
class BitmapBuilder:
    """Builds the bitmaps of one search, in its transaction."""

    connection: Connection
    conditions: Conditions
    few: int
    """At most so many records are tested one by one: that costs less than another scan of an index."""
    size: int
    """Bytes of a bitmap: the greatest record id there is, plus one."""

    @classmethod
    def of(cls, connection: Connection, conditions: Conditions, few: int) -> BitmapBuilder:
        greatest = connection.execute(_GREATEST).scalar() or 0
        return cls(connection, conditions, few, int(greatest) + 1)

    def matching(self, expression: Expression) -> RecordBitmap:
        """Returns the bitmap of an expression.

        It may also have 1 for records of other kinds, because a search never reads their bytes.
        """
        return self._bits(expression).to_bytes(self.size, "little")

    def _bits(self, expression: Expression) -> int:
        match expression:
            case Where() | Nested():
                return self._marked(self.conditions.leaf_set(expression))
            case Not(part):
                return self._bits(part) ^ self._all()
            case Every(parts):
                return self._every(parts)
            case Some(parts):
                found = 0
                for part in parts:
                    found |= self._bits(part)
                return found

    def _every(self, parts: tuple[Expression, ...]) -> int:
        found = self._all()
        # A negation scans the records that do not satisfy it: usually most of them. So it comes last.
        ordered = sorted(parts, key=lambda part: isinstance(part, Not))
        for position, part in enumerate(ordered):
            if position and found.bit_count() <= self.few:
                return self._asked(found, Every(tuple(ordered[position:])))
            found &= self._bits(part)
        return found

    def _asked(self, found: int, rest: Expression) -> int:
        """Returns the records among a few that also satisfy the rest."""
        if not found:
            return 0
        some = given(records_in(found.to_bytes(self.size, "little")))
        kept = sa.select(some.c.record).where(self.conditions.probe(rest, some.c.record))
        return self._marked([kept])

    def _marked(self, selects: Iterable[sa.Select[tuple[int]]]) -> int:
        marks = bytearray(self.size)
        for select in selects:
            for record in ids(self.connection, select):
                marks[record] = 1
        return int.from_bytes(marks, "little")

    def _all(self) -> int:
        return int.from_bytes(b"\x01" * self.size, "little")


def ids(connection: Connection, select: sa.Select[tuple[int]]) -> list[int]:
    """Runs a select and returns the record ids; an id may be there more than once."""
    found = connection.execute(sa.select(as_list(select.subquery().c.record)))
    numbers: list[int] = orjson.loads(found.scalar_one())
    return numbers


def given(numbers: Iterable[int]) -> sa.Subquery:
    """Makes a table of record ids to select from. Its column is ``record``."""
    listed = numbers_in(orjson.dumps(list(numbers)).decode())
    return listed.with_only_columns(listed.selected_columns[0].label("record")).subquery()


def records_in(bitmap: RecordBitmap) -> list[int]:
    """Returns the ids of the records whose byte is 1, ascending."""
    found: list[int] = []
    record = bitmap.find(1)
    while record >= 0:
        found.append(record)
        record = bitmap.find(1, record + 1)
    return found


def is_in(bitmap: RecordBitmap, record: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Builds the condition that the byte of a record is 1."""
    return byte_at(bitmap, record) == sa.literal(b"\x01", sa.LargeBinary)


_GREATEST = sa.select(sa.func.max(records.c.id))
