from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.store.databases import open_database, sqlite_only

import clary.store.migrate as migrate
from clary.store.attribute_index import AttributeIndex, Operator, Query, Where, search
from clary.store.attribute_index.index import BACKLOG
from clary.store.database import Database
from clary.store.records import RecordExists, Records
from clary.store.tags import Tags

KIND = "experiment-trial-component"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path / "clary.db")


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database, lambda: 1.0)


def names(records: Records, path: str, text: str, kind: str = KIND) -> list[str]:
    query = Query(kind, Where(path, Operator.EQUALS, (text,)), "CreationTime", False)
    return [hit.name for hit in records.search(query, limit=100).records]


def rows(database: Database, table: str) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]


@sqlite_only
def test_an_update_writes_only_what_changed(database: Database, records: Records) -> None:
    records.insert(KIND, "a", {"DisplayName": "old", "Parameters": {"n": {"NumberValue": 1}}})
    writes: list[str] = []

    def note(statement: str) -> None:
        if statement.startswith(("INSERT INTO facets", "DELETE FROM facets")):
            writes.append(statement.split()[0])

    with database.write() as connection:
        connection.connection.set_trace_callback(note)  # type: ignore[attr-defined]
    records.update(KIND, "a", {"DisplayName": "new", "Parameters": {"n": {"NumberValue": 1}}})

    # LastModifiedTime is the same second here.
    assert writes == ["DELETE", "INSERT"]
    assert names(records, "DisplayName", "new") == ["a"]
    assert names(records, "DisplayName", "old") == []


def test_a_refused_record_leaves_no_attributes_and_no_path(database: Database, records: Records) -> None:
    records.insert(KIND, "a", {})
    before = rows(database, "facets")

    with pytest.raises(RecordExists):
        records.insert(KIND, "A", {"Description": "refused"})

    assert rows(database, "facets") == before
    records.insert(KIND, "b", {"Description": "kept"})
    assert names(records, "Description", "kept") == ["b"]


def test_a_path_that_was_new_in_a_lost_transaction_is_made_again(database: Database) -> None:
    index = AttributeIndex(database)

    def write(record: int, fail: bool) -> None:
        with database.write() as connection:
            index.written(connection, KIND, record, {}, {"Description": "x"})
            if fail:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(1, fail=True)
    write(2, fail=False)

    ((path, _, spelled, _),) = rows(database, "facet_paths")
    assert spelled == "Description"
    assert [row[:2] for row in rows(database, "facets")] == [(2, path)]


def test_other_kinds_have_no_attributes(database: Database, records: Records) -> None:
    records.insert("iam-role", "a", {"RoleName": "a"})

    assert rows(database, "facets") == []


def test_what_is_ours_is_not_searched(database: Database, records: Records) -> None:
    records.insert("training-job", "a", {"_Owner": "me", "Tags": "not from here"})

    assert {row[2] for row in rows(database, "facet_paths")} == {"CreationTime", "LastModifiedTime"}


def test_nothing_is_left_of_a_deleted_record(database: Database, records: Records) -> None:
    records.insert(KIND, "a", {"DisplayName": "x"}, arn="arn:a")
    Tags(database).put("arn:a", {"k": "v"})

    records.delete(KIND, "a")

    assert rows(database, "facets") == []
    assert rows(database, "stale_facets") == []


def test_marks_survive_a_restart(tmp_path: Path, database: Database, records: Records) -> None:
    records.insert(KIND, "a", {}, arn="arn:a")
    Tags(database).put("arn:a", {"team": "vision"})
    database.close()

    again = Records(open_database(tmp_path / "clary.db"), lambda: 1.0)

    assert names(again, "Tags.team", "vision") == ["a"]


def test_marks_do_not_pile_up(database: Database, records: Records) -> None:
    tags = Tags(database)
    for number in range(BACKLOG + 50):
        records.insert(KIND, f"c{number}", {}, arn=f"arn:{number}")
        tags.put(f"arn:{number}", {"n": str(number)})

    assert len(rows(database, "stale_facets")) <= BACKLOG + 1
    records.suggest(KIND, "", limit=1)
    assert rows(database, "stale_facets") == []
    assert len(names(records, "Tags.n", "7")) == 1


def test_records_of_before_the_index_are_found(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    engine = sa.create_engine(url)
    migrate.upgrade(engine, "0002")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO records (kind, name, arn, status, created_at, modified_at, version, document) "
            "VALUES ('training-job', 'old', 'arn:old', '', 1, 1, 1, ?)",
            (b'{"CreationTime": 1.0, "TrainingJobName": "old"}',),
        )
    engine.dispose()

    records = Records(Database(url), lambda: 1.0)

    assert names(records, "TrainingJobName", "old", kind="training-job") == ["old"]


def test_a_record_that_is_found_twice_hides_no_other(database: Database, records: Records) -> None:
    records.insert(KIND, "twice", {"Items": [{"x": "a"}, {"x": "a"}]})
    records.insert(KIND, "once", {"Items": [{"x": "a"}]})
    query = Query(KIND, Where("Items.x", Operator.EQUALS, ("a",)), "CreationTime", False)

    for few in range(4):
        assert [hit.name for hit in search(database, query, limit=5, few=few).records] == ["twice", "once"]
