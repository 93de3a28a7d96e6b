"""Translates expressions to SQL, in two equivalent forms.

probe   EXISTS (rows of the record)   tests one record; the cost does not depend on the condition
set     rows of an index              finds all records; the cost does not depend on how many are tested
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from clary.store.dialects import place_in
from clary.store.schema import attribute_values

from .expression import Every, Expression, Nested, Not, Operator, Some, Where
from .flatten import ELEMENT_BITS, kept
from .paths import ids_at_or_below, path_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

Rows = sa.FromClause
Column = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]
Records = list[sa.Select[tuple[int]]]
"""Selects that find records together; a record may be found more than once. They are not one compound
select, because SQLite does not allow that inside another one."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Renders the expressions of one search of a kind."""

    connection: Connection
    kind: str
    _path_ids: dict[str, int | None] = field(default_factory=dict)

    def path_id(self, path: str) -> int | None:
        """Returns the id of the path that a caller means; None when no record has it."""
        if path not in self._path_ids:
            self._path_ids[path] = path_id(self.connection, self.kind, path)
        return self._path_ids[path]

    def probe(self, expression: Expression, record: sa.ColumnElement[int]) -> Condition:
        match expression:
            case Where() | Nested():
                return self._leaf_probe(expression, record)
            case Not(part):
                return sa.not_(self.probe(part, record))
            case Every(parts):
                return sa.and_(sa.true(), *[self.probe(part, record) for part in parts])
            case Some(parts):
                return sa.or_(sa.false(), *[self.probe(part, record) for part in parts])

    def leaf_set(self, leaf: Where | Nested) -> Records:
        """Selects exactly the records that satisfy a leaf."""
        if isinstance(leaf, Where):
            return self._union(leaf, ())
        positive, others = _split(leaf)
        return self._union(positive, others)

    def drivers(self, expression: Expression) -> list[Records]:
        """Returns selects, each of which finds all records that satisfy the expression, and maybe others."""
        match expression:
            case Where() | Nested():
                return [self.leaf_set(expression)]
            case Every(parts):
                return [driver for part in parts for driver in self.drivers(part)]
            case Some(parts):
                found = [self.drivers(part) for part in parts]
                return [[select for each in found for select in each[0]]] if all(found) else []
            case Not():
                return []

    def _leaf_probe(self, leaf: Where | Nested, record: sa.ColumnElement[int]) -> Condition:
        rows = _LEAF
        if isinstance(leaf, Where):
            return sa.exists().where(rows.c.record == record, *self._probed(leaf, rows))
        positive, others = _split(leaf)
        probed = self._probed(positive, rows)
        return sa.exists().where(rows.c.record == record, *probed, *self._same_element(others, rows))

    def _union(self, test: Where, others: tuple[Where | Not, ...]) -> Records:
        """Returns one select for each index that can find rows: that of numbers and that of strings."""
        rows = _LEAF
        parts: Records = []
        if test.operator is Operator.EXISTS or test.numbers:
            by_number = (rows.c.number.is_not(None), *self._matching(test, rows, rows.c.number, None))
            parts.append(sa.select(rows.c.record).where(*by_number, *self._same_element(others, rows)))
        if test.operator is Operator.EXISTS or test.texts:
            by_string = (rows.c.string.is_not(None), *self._matching(test, rows, None, rows.c.string))
            parts.append(sa.select(rows.c.record).where(*by_string, *self._same_element(others, rows)))
        return parts

    def _probed(self, test: Where, rows: Rows) -> tuple[Condition, ...]:
        """Builds the condition that a row of a known record satisfies a test."""
        # As sums, so that the planner reads the rows of the record and not the index of numbers.
        number = rows.c.number + sa.literal_column("0.0", sa.Float)
        return self._matching(test, rows, number, rows.c.string.concat(sa.literal_column("''", sa.String)))

    def _matching(
        self, test: Where, rows: Rows, number: Column | None, string: Column | None
    ) -> tuple[Condition, ...]:
        """Builds the condition that a row satisfies a test, by its number or its string.

        number, string: the column, or None to leave it out.
        """
        if test.operator is Operator.EXISTS:
            return (rows.c.path.in_(ids_at_or_below(self.kind, test.path)),)
        path = self.path_id(test.path)
        if path is None:
            return (sa.false(),)
        if test.operator is Operator.CONTAINS:
            return (rows.c.path == path, place_in(rows.c.string, test.texts[0]) > 0)
        if test.operator is Operator.EQUALS:
            ways = []
            if string is not None and test.texts:
                ways.append(string.in_([kept(text) for text in test.texts]))
            if number is not None and test.numbers:
                ways.append(number.in_(test.numbers))
            return (rows.c.path == path, sa.or_(sa.false(), *ways))
        assert number is not None
        return (rows.c.path == path, _ORDERS[test.operator](number, test.numbers[0]))

    def _same_element(self, tests: tuple[Where | Not, ...], rows: Rows) -> list[Condition]:
        """Builds the conditions that the element of the list which a row belongs to satisfies other tests."""
        conditions = []
        for test in tests:
            positive = test.part if isinstance(test, Not) else test
            assert isinstance(positive, Where)
            other = _ELEMENT
            holds = sa.exists().where(
                other.c.record == rows.c.record,
                other.c.place.bitwise_rshift(_ELEMENT_BITS) == rows.c.place.bitwise_rshift(_ELEMENT_BITS),
                *self._probed(positive, other),
            )
            conditions.append(sa.not_(holds) if isinstance(test, Not) else holds)
        return conditions


def _split(nested: Nested) -> tuple[Where, tuple[Where | Not, ...]]:
    """Returns a test that finds elements, and the other tests. If all are negative, it finds any element."""
    for index, test in enumerate(nested.tests):
        if isinstance(test, Where):
            return test, nested.tests[:index] + nested.tests[index + 1 :]
    return Where(nested.path, Operator.EXISTS), nested.tests


# Not a parameter: PostgreSQL shifts by an integer only, and SQLAlchemy would give it the type of a place.
_ELEMENT_BITS: Column = sa.literal_column(str(ELEMENT_BITS))

# Made once: SQLAlchemy needs 0.1 ms for an alias, and a search has dozens. No statement uses one of them
# twice in one scope: every leaf is a subquery of its own, and so is the test of an element inside it.
_LEAF, _ELEMENT = attribute_values.alias("attribute_leaf"), attribute_values.alias("attribute_element")

_ORDERS: dict[Operator, Callable[[Any, float], Condition]] = {
    Operator.GREATER: lambda number, bound: number > bound,
    Operator.AT_LEAST: lambda number, bound: number >= bound,
    Operator.LESS: lambda number, bound: number < bound,
    Operator.AT_MOST: lambda number, bound: number <= bound,
}
