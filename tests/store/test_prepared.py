from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from clary import store
from clary.store.database import Database
from clary.store.prepared import Prepared
from clary.store.schema import tags
from clary.store.series.chunks import _EXTENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE_TABLES = {"index._STALE", "index._SOME", "doubts._RENEW", "doubts._DUE_AT_ONCE"}
"""Statements that read the whole of a small table: the stale records, and content that no object names."""


def test_rows_go_in_whatever_the_order_of_their_members(tmp_path: Path) -> None:
    insert = Prepared(tags.insert(), ["arn", "key", "value"])
    select = Prepared(sa.select(tags.c.value).where(tags.c.arn == sa.bindparam("arn_")))
    database = Database.at(tmp_path / "clary.db")

    with database.write() as connection:
        insert.execute_many(
            connection, [{"value": "1", "key": "k", "arn": "a"}, {"arn": "b", "value": "2", "key": "k"}]
        )
        found = select.scalar(connection, {"arn_": "b"})
        raw = select.rows(connection, {"arn_": "a"})

    assert found == "2"
    assert raw == [("1",)]
    database.close()


def test_another_database_gets_its_own_spelling() -> None:
    update = Prepared(
        tags.update().where(tags.c.arn == sa.bindparam("arn_")).values(value=sa.bindparam("value_"))
    )

    text, names = update._for(postgresql.dialect())  # type: ignore[no-untyped-call]

    assert names is None
    assert text == "UPDATE tags SET value=%(value_)s::VARCHAR WHERE tags.arn = %(arn_)s::VARCHAR"


def test_an_error_of_the_driver_is_raised_as_one_of_sqlalchemy(tmp_path: Path) -> None:
    insert = Prepared(tags.insert(), ["arn", "key", "value"])
    row = {"arn": "a", "key": "k", "value": ""}
    database = Database.at(tmp_path / "clary.db")

    with database.write() as connection:
        insert.execute(connection, row)
        with pytest.raises(sa.exc.IntegrityError):
            insert.execute(connection, row)
        with pytest.raises(sa.exc.IntegrityError):
            insert.execute_many(connection, [row])
    database.close()


def test_no_statement_of_the_store_reads_a_whole_table(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "clary.db")
    plans: dict[str, list[str]] = {}

    with database.read() as connection:
        for name, statement in prepared_statements():
            sql, names = statement._for(connection.dialect)
            explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", ("[]",) * len(names or ()))
            plans[name] = [row[3] for row in explained]

    assert len(plans) > 50
    # json_each() is a table of parameters, and anon_1 the rows that a subquery has found (its own line is
    # looked at too); all rows of a kind are as bad as all rows.
    whole = {
        name: lines
        for name, lines in plans.items()
        if any(
            ("SCAN" in line and "VIRTUAL TABLE" not in line and line != "SCAN anon_1") or "(kind=?)" in line
            for line in lines
        )
    }
    assert whole.keys() == WHOLE_TABLES, whole
    database.close()


def test_a_chart_of_a_whole_series_reads_one_index_and_no_points(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "clary.db")

    with database.read() as connection:
        for statement in _EXTENTS.values():
            sql, _ = statement._for(connection.dialect)
            (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,)).all()
            assert "USING COVERING INDEX metric_chunks_extents" in plan[3]
    database.close()


def prepared_statements() -> Iterator[tuple[str, Prepared]]:
    """Every prepared statement in a module of the store, by its name."""
    for found in pkgutil.walk_packages(store.__path__, f"{store.__name__}."):
        if ".migrations" in found.name:
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            values = list(value.values()) if isinstance(value, dict) else value
            for each in values if isinstance(values, list | tuple) else [values]:
                if isinstance(each, Prepared):
                    yield f"{found.name.rpartition('.')[2]}.{name}", each
