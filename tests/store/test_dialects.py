"""Texts that one of the databases can't keep as they are: nothing fails, and what is kept is found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.databases import open_database

from clary.store.attribute_index import Query
from clary.store.attribute_index.expression import Operator, Where
from clary.store.database import Database
from clary.store.metrics import MetricStore
from clary.store.paging import ListQuery
from clary.store.records import Records
from clary.store.tags import Tags

KIND = "experiment-trial-component"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "clary.db")
    yield opened
    opened.close()


@pytest.mark.parametrize("text", ["a\0b", "\0", "\\\0", "\\u0000", "\\\\u0000\0\0\\"])
def test_a_nul_in_a_document_hides_no_other_member(database: Database, text: str) -> None:
    records = Records(database, lambda: 1.0)
    records.insert("model", "a", {"Text": text, "Group": "blue"})

    def listed(**conditions: tuple[tuple[str, str], ...]) -> int:
        return len(records.page(ListQuery("model", **conditions), limit=5).documents)  # type: ignore[arg-type]

    assert records.get("model", "a")["Text"] == text, "documents are bytes"
    assert listed(members=(("Group", "blue"),)) == 1
    assert listed(members=(("Group", "red"),)) == 0
    assert listed(members_contain=(("Group", "LU"),)) == 1


def test_names_and_tags_with_a_nul_are_found_again(database: Database) -> None:
    metrics, tags = MetricStore(database), Tags(database)
    for value in (0.5, 0.25):
        metrics.append("arn:a", [("lo\0ss", 1.0, 0, value)] * 200)
    tags.put("arn:a", {"k\0": "v\0"})

    (summary,) = metrics.summaries("arn:a")
    assert (summary.name, summary.count) == ("lo\u2400ss", 400)
    assert metrics.series("arn:a", summary.name).value.tolist() == [0.5] * 200 + [0.25] * 200
    assert tags.arns_with("k\0", "v\0") == ["arn:a"]


def test_a_long_text_that_can_not_be_compressed_is_found(database: Database) -> None:
    letters = random.Random(1)
    text = "".join(chr(letters.randrange(0x10000, 0x1FFFF)) for _ in range(1000))
    records = Records(database, lambda: 1.0)
    records.insert(KIND, "a", {"Parameters": {"note": {"StringValue": text}}})
    records.insert(KIND, "b", {"Parameters": {"note": {"StringValue": text[::-1]}}})

    expression = Where("Parameters.note.StringValue", Operator.EQUALS, (text,), ())
    found = records.search(Query(KIND, expression, "CreationTime", False), limit=5)

    assert [each.name for each in found.records] == ["a"]
    assert records.get(KIND, "a")["Parameters"]["note"]["StringValue"] == text


@pytest.mark.parametrize("name", ["x%", "x_", "x'", 'x"', "x\\", "x:y", "%s", "%(a)s"])
def test_signs_of_sql_are_letters_like_others(database: Database, name: str) -> None:
    records = Records(database, lambda: 1.0)
    records.insert("model", name, {"Group": name})
    records.insert("model", "xyz", {"Group": "xyz"})

    found = records.page(ListQuery("model", name_contains=name, members=(("Group", name),)), limit=5)

    assert [each["Group"] for each in found.documents] == [name]
