from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.store.databases import open_database

from clary.store.attribute_index import Every, Expression, Nested, Not, Operator, Some, Where
from clary.store.attribute_index.bitmap import BitmapBuilder, given, ids, records_in
from clary.store.attribute_index.conditions import Conditions
from clary.store.database import Database
from clary.store.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "experiment-trial-component"
X_IS_A = Where("Items.x", Operator.EQUALS, ("a",))
NOBODY = Where("Size", Operator.GREATER, numbers=(100.0,))


def above(bound: float) -> Where:
    return Where("Size", Operator.GREATER, numbers=(bound,))


def below(bound: float) -> Where:
    return Where("Size", Operator.LESS, numbers=(bound,))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Database]:
    """Ten records, 1 to 10, as great as their number; the odd ones have a list."""
    database = open_database(tmp_path_factory.mktemp("members") / "clary.db")
    records = Records(database, lambda: 1.0)
    for number in range(1, 11):
        items = [{"x": "a", "y": number}, {"x": "b"}] if number % 2 else []
        records.insert(KIND, f"c{number}", {"Size": number, "Items": items})
    yield database
    database.close()


@pytest.mark.parametrize("few", [-1, 4, 100])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (above(7), [8, 9, 10]),
        (NOBODY, []),
        (Not(above(7)), [1, 2, 3, 4, 5, 6, 7]),
        (Every((above(3), below(6))), [4, 5]),
        (Every((above(5), below(5))), []),
        (Every((Not(above(3)), above(1))), [2, 3]),
        (Every((above(2), above(4), below(9), Not(above(6)))), [5, 6]),
        (Some((below(3), above(9))), [1, 2, 10]),
        (Some((NOBODY, Every((above(8), Where("Items", Operator.EXISTS))))), [9]),
        (Nested("Items", (X_IS_A, Where("Items.y", Operator.GREATER, numbers=(6.0,)))), [7, 9]),
        (Nested("Items", (Not(X_IS_A),)), [1, 3, 5, 7, 9]),
    ],
)
def test_a_map_has_the_records_that_an_expression_holds_for(
    database: Database, expression: Expression, expected: list[int], few: int
) -> None:
    with database.read() as connection:
        builder = BitmapBuilder.of(connection, Conditions(connection, KIND), few)
        found = [record for record in records_in(builder.matching(expression)) if record]

    assert found == expected


def test_known_records_can_be_selected_from(database: Database) -> None:
    with database.read() as connection:
        assert sorted(ids(connection, given([3, 1]).select())) == [1, 3]
        assert ids(connection, given([]).select()) == []
