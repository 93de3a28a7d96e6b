from __future__ import annotations

import datetime

import pytest

from clary.cli.input_changes import Input, ListedObject, _input, source_of, split

SECOND = datetime.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("keys", "newer", "told"),
    [
        ((), (), "data: nothing lies at s3://b/d any more"),
        (("d/a",), (), "data: as it was, s3://b/d (1 object)"),
        (("d/a", "d/b"), ("d/b",), "data: CHANGED, 1 of 2 objects written since: b in s3://b/d"),
        (
            tuple(f"d/{number}" for number in range(5)),
            tuple(f"d/{number}" for number in range(5)),
            "data: CHANGED, 5 of 5 objects written since: 0, 1, 2, ... in s3://b/d",
        ),
    ],
)
def test_an_input_tells_what_is_different(keys: tuple[str, ...], newer: tuple[str, ...], told: str) -> None:
    assert Input("data", "s3://b/d", keys, newer).summary == told


@pytest.mark.parametrize(
    ("newer", "changed", "told"),
    [
        (("d/a",), False, "data: as it was, s3://b/d (1 object)"),
        (("d/a",), True, "data: CHANGED, 1 of 1 object written since: a in s3://b/d"),
        ((), True, "data: CHANGED, objects were removed since, 1 object left in s3://b/d"),
    ],
)
def test_the_content_decides_where_it_is_known(newer: tuple[str, ...], changed: bool, told: str) -> None:
    assert Input("data", "s3://b/d", ("d/a",), newer, changed).summary == told


def test_what_was_written_as_the_job_was_made_is_what_it_saw() -> None:
    made = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    written = [
        ListedObject("before", made - SECOND, ""),
        ListedObject("with it", made, ""),
        ListedObject("after", made + SECOND, ""),
    ]

    found = _input("data", "s3://b", written, made)

    assert found.keys == ("before", "with it", "after")
    assert found.newer == ("after",)


def test_the_source_is_where_script_mode_says() -> None:
    assert (
        source_of({"HyperParameters": {"sagemaker_submit_directory": '"s3://b/c.tar.gz"'}})
        == "s3://b/c.tar.gz"
    )
    assert source_of({}) == ""


def test_a_uri_is_a_bucket_and_a_key() -> None:
    assert split("s3://bucket/a/b//c") == ("bucket", "a/b//c")
    assert split("s3://bucket") == ("bucket", "")
