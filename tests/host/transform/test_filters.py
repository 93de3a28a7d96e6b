"""What is sent of a record, and what is kept of it and its answer."""

from __future__ import annotations

from typing import Any

import pytest

from clary.domain.hosts import ChannelSpec, ServingSpec, TransformSpec
from clary.host.transform.filters import Filters, UnfitRecord


def filters(content_type: str, **changes: Any) -> Filters:
    given = ChannelSpec("in", "s3://b/k")
    return Filters.of(TransformSpec(ServingSpec(), given, "s3://b/out", content_type=content_type, **changes))


def test_columns_are_left_out_of_what_is_sent_and_joined_again() -> None:
    chosen = filters("text/csv", input_filter="$[1:]", joins_input=True, output_filter="$[0,-1]")

    assert chosen.sent(b'7,"a,b",2') == b'"a,b",2'
    assert chosen.kept([b"7,a,2", b"8,b,3"], b"0.5\n0.75\n") == [b"7,0.5", b"8,0.75"]


def test_an_answer_becomes_a_member_of_its_record() -> None:
    chosen = filters("application/jsonlines", input_filter="$.x", joins_input=True)

    assert chosen.sent(b'{"id": 1, "x": [1, 2]}') == b"[1,2]"
    assert chosen.kept([b'{"id": 1}'], b'{"y": 3}') == [b'{"id":1,"SageMakerOutput":{"y":3}}']
    assert chosen.kept([b"[1]"], b"2") == [b'{"SageMakerInput":[1],"SageMakerOutput":2}']


def test_answers_to_several_records_are_lines_or_an_array() -> None:
    chosen = filters("application/json", output_filter="$.y")

    assert chosen.kept([b"1", b"2"], b'{"y": 1}\n{"y": 2}') == [b"1", b"2"]
    assert chosen.kept([b"1", b"2"], b'[{"y": 1}, {"y": 2}]') == [b"1", b"2"]
    assert chosen.kept([b"1", b"2"], b'{"predictions": [{"y": 1}, {"y": 2}]}') == [b"1", b"2"]


def test_a_whole_object_of_csv_is_joined_row_by_row() -> None:
    chosen = filters("text/csv", joins_input=True)

    assert chosen.kept([b"1,2\n3,4\n"], b"a\nb\n") == [b"1,2,a", b"3,4,b"]


def test_an_answer_with_another_number_of_lines_is_told() -> None:
    with pytest.raises(UnfitRecord, match="2 records were sent and 1 lines came back"):
        filters("text/csv", joins_input=True).kept([b"1", b"2"], b"0.1,0.2")


@pytest.mark.parametrize(
    ("content_type", "record", "why"),
    [
        ("application/json", b"{", "it is not JSON"),
        ("application/json", b"[" * 100_000, "it is not JSON"),
        ("text/csv", b'"a', "it is not CSV"),
        ("text/csv", b"\xff", "it is not CSV"),
        ("application/json", b"[1]", "asks for 'x', which is not there"),
    ],
)
def test_a_record_that_can_not_be_filtered_says_why(content_type: str, record: bytes, why: str) -> None:
    path = "$.x" if content_type == "application/json" else "$[0]"

    with pytest.raises(UnfitRecord, match=why):
        filters(content_type, input_filter=path).sent(record)


def test_without_filters_nothing_is_read() -> None:
    plain = filters("text/csv")

    assert not plain.change_answers
    assert plain.sent(b"\xff any bytes") == b"\xff any bytes"
