from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.store.databases import open_database

from clary.store.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def tags(tmp_path: Path) -> Iterator[Tags]:
    database = open_database(tmp_path / "clary.db")
    yield Tags(database)
    database.close()


def test_a_tag_that_is_put_again_has_the_new_value(tags: Tags) -> None:
    tags.put("arn:a", {"team": "vision", "stage": "draft"})
    tags.put("arn:a", {"stage": "final"})

    assert tags.get("arn:a") == {"stage": "final", "team": "vision"}


def test_removing_takes_the_named_keys_of_one_arn(tags: Tags) -> None:
    tags.put("arn:a", {"x": "1", "y": "2"})
    tags.put("arn:b", {"x": "1"})

    tags.remove("arn:a", ["x", "unknown"])

    assert (tags.get("arn:a"), tags.get("arn:b")) == ({"y": "2"}, {"x": "1"})


def test_deleting_all_leaves_other_arns_alone(tags: Tags) -> None:
    tags.put("arn:a", {"x": "1"})
    tags.put("arn:b", {"x": "1"})

    tags.delete_all("arn:a")

    assert (tags.get("arn:a"), tags.get("arn:b")) == ({}, {"x": "1"})


def test_arns_are_found_by_key_and_by_value(tags: Tags) -> None:
    tags.put("arn:b", {"team": "vision"})
    tags.put("arn:a", {"team": "audio"})

    assert tags.arns_with("team") == ["arn:a", "arn:b"]
    assert tags.arns_with("team", "vision") == ["arn:b"]
    assert tags.arns_with("team", "") == []


def test_putting_and_removing_nothing_is_allowed(tags: Tags) -> None:
    tags.put("arn:a", {})
    tags.remove("arn:a", [])

    assert tags.get("arn:a") == {}
