"""Every form of search reads the table of attributes through an index only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from clary.store.attribute_index import Every, Expression, Not, Operator, Query, Some, Where, search
from clary.store.database import Database
from clary.store.records import Records
from clary.store.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "experiment-trial-component"
COUNT = 40
P, WORD = "Parameters.p.NumberValue", "Parameters.word.StringValue"

broad = Where(P, Operator.GREATER, numbers=(5.0,))
against = Where(P, Operator.LESS, numbers=(5.0,))
narrow = Where(P, Operator.EQUALS, ("7",), (7.0,))
word = Where(WORD, Operator.EQUALS, ("odd",))
part = Where("TrialComponentName", Operator.CONTAINS, ("3",))
tagged = Where("Tags", Operator.EXISTS)

EXPRESSIONS: dict[str, Expression | None] = {
    "all": None,
    "broad": broad,
    "narrow": narrow,
    "that never meet": Every((broad, against)),
    "either": Some((narrow, word)),
    "not": Not(broad),
    "part": Every((part, word)),
    "exists": tagged,
    "exists not": Every((Not(tagged), word)),
}
SORTS = (P, WORD, "CreationTime", "Tags.team", "Tags.nobody")
WAYS = ({"few": 1_000, "stride": 1_000}, {"few": 1, "stride": 8})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database.at(tmp_path_factory.mktemp("plans") / "clary.db")
    records, tags = Records(database, lambda: 100.0), Tags(database)
    for number in range(COUNT):
        word = {"StringValue": "odd" if number % 2 else "even"}
        parameters = {"p": {"NumberValue": float(number)}, "word": word}
        name = f"c{number}"
        document = {"TrialComponentName": name, "Parameters": parameters}
        records.insert(KIND, name, document, arn=f"arn:{name}")
        if number % 4 == 0:
            tags.put(f"arn:{name}", {"team": f"t{number}"})
    records.suggest(KIND, "", limit=1)
    yield database
    database.close()


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("asked", EXPRESSIONS)
def test_no_search_reads_the_whole_table(database: Database, asked: str, sort: str) -> None:
    statements = _statements_of(database, Query(KIND, EXPRESSIONS[asked], sort, descending=True))

    plans = [line for statement in statements for line in _plan(database, *statement)]

    # "SCAN attribute_leaf" reads all rows there are; "SEARCH attribute_leaf USING ..." only some.
    assert any(line.startswith("SEARCH attribute_") for line in plans)
    assert [line for line in plans if line.startswith(("SCAN attribute_", "SCAN facets"))] == []


def _statements_of(database: Database, query: Query) -> list[tuple[str, Any]]:
    """Returns every statement of a search of two pages, for each method."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    # Connections that are open already tell nothing.
    database._readers.close()
    event.listen(database._engine, "before_cursor_execute", note)
    try:
        for way in WAYS:
            token = search(database, query, limit=3, **way).token
            if token is not None:
                search(database, query, limit=3, token=token, **way)
    finally:
        event.remove(database._engine, "before_cursor_execute", note)
    return seen


def _plan(database: Database, statement: str, parameters: Any) -> list[str]:
    with database.read() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [row.detail for row in rows]
