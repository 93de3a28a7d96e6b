"""Every read of a table of records uses an index of the attributes: none reads all rows there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from clary.store.attribute_index import AttributeTable
from clary.store.attribute_index.names import NamedMember, names_of, spreads
from clary.store.attribute_index.table import FEW
from clary.store.database import Database
from clary.store.records import Records

KIND = "experiment-trial-component"
PARAMETERS = NamedMember("Parameters", ("NumberValue", "StringValue"))

READS: dict[str, Callable[[AttributeTable], object]] = {
    "text": lambda table: table.matching(None, "c3"),
    "order by numbers and texts": lambda table: table.ordered(
        table.matching(None), "Parameters.p", descending=True
    ),
    "order by nothing": lambda table: table.ordered(table.matching(None), "Tags.none", descending=False),
    "values": lambda table: table.values([1, 2], ["Parameters.p", "DisplayName"]),
    "values of many": lambda table: table.values([1] * (FEW + 1), ["Parameters.p", "DisplayName"]),
    "names": lambda table: names_of(table.connection, KIND, PARAMETERS, None, "p"),
    "names of few": lambda table: names_of(
        table.connection, KIND, PARAMETERS, table.matching(None, "c3"), ""
    ),
    "names of many": lambda table: names_of(table.connection, KIND, PARAMETERS, b"\x01" * 1_000, ""),
    "spreads": lambda table: spreads(table.connection, [1, 2]),
}


@pytest.mark.parametrize("read", READS)
def test_no_read_of_a_table_reads_all_attributes(tmp_path: Path, read: str) -> None:
    database = Database.at(tmp_path / "clary.db")
    records = Records(database, lambda: 100.0)
    for number in range(4):
        value = {"NumberValue": 1.0} if number % 2 else {"StringValue": "x"}
        records.insert(
            KIND, f"c{number}", {"DisplayName": "d", "Parameters": {"p": value}}, arn=f"arn:c{number}"
        )
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        statements.append((statement, parameters))

    with records.table(KIND) as table:
        event.listen(database._engine, "before_cursor_execute", note)
        READS[read](table)
        event.remove(database._engine, "before_cursor_execute", note)
        plans = [
            str(row[3])
            for statement, parameters in statements
            if statement.startswith("SELECT")
            for row in table.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    assert any("facets" in line for line in plans)
    assert [line for line in plans if line.startswith("SCAN facets")] == []
    database.close()
