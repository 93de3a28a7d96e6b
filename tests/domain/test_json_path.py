"""The JSONPath of batch transform's filters."""

from __future__ import annotations

from typing import Any

import pytest

from clary.domain.json_path import LONGEST, BadJsonPath, JsonPath

RECORD = {"id": 7, "features": [1, 2, 3, 4], "deep": {"a b": {"c": "x"}}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", RECORD),
        ("$.id", 7),
        ("$['id']", 7),
        ('$["id"]', 7),
        ("$.features[0]", 1),
        ("$.features[-1]", 4),
        ("$.features[1:]", [2, 3, 4]),
        ("$.features[:-1]", [1, 2, 3]),
        ("$.features[0, 2]", [1, 3]),
        ("$.deep['a b'].c", "x"),
        ("$['id','features']", {"id": 7, "features": [1, 2, 3, 4]}),
    ],
)
def test_a_path_selects_a_part(path: str, value: Any) -> None:
    assert JsonPath.parse(path).select(RECORD) == value


@pytest.mark.parametrize(
    "path", ["$.nothing", "$.features[9]", "$.id[0]", "$[0]", "$.id[1:]", "$['id','no']"]
)
def test_a_part_that_is_not_there_is_told(path: str) -> None:
    with pytest.raises(LookupError, match="asks for"):
        JsonPath.parse(path).select(RECORD)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "id",
        "$..id",
        "$.*",
        "$[*]",
        "$[?(@.a>1)]",
        "$.",
        "$[",
        "$[1:2:3]",
        "$['a]",
        "$ .a",
        "$" + ".a" * LONGEST,
    ],
)
def test_what_is_not_served_is_refused(path: str) -> None:
    with pytest.raises(BadJsonPath):
        JsonPath.parse(path)
