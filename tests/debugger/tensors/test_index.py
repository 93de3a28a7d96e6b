"""The index file of a step."""

from __future__ import annotations

import json

import pytest

from clary.debugger.tensors import Mode
from clary.debugger.tensors.index import Index, Shape, from_json, to_json

INDEX = Index(Mode.EVAL, 5, "events/x.tfevents", ("a", "b"), (0, 87), (87, 91))


def test_an_index_has_the_fields_of_the_format() -> None:
    assert json.loads(to_json(INDEX)) == {
        "meta": {"mode": "EVAL", "mode_step": 5, "event_file_name": "events/x.tfevents"},
        "tensor_payload": [
            {"tensorname": "a", "start_idx": 0, "length": 87},
            {"tensorname": "b", "start_idx": 87, "length": 91},
        ],
    }


def test_shapes_alone_need_no_event_file() -> None:
    index = Index(Mode.TRAIN, 1, None, (), (), (), (Shape("x", (2, 3), "x:0"),))

    document = json.loads(to_json(index))

    assert "event_file_name" not in document["meta"]
    assert document["shape_payload"] == [{"tensorname": "x", "originalname": "x:0", "shape": [2, 3]}]
    assert from_json(to_json(index)) == index


def test_an_index_comes_back() -> None:
    assert from_json(to_json(INDEX)) == INDEX


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"meta": {"mode": "EVAL", "mode',
        b"{}",
        b'{"meta": {}}',
        b'{"meta": {"mode": "EVAL", "mode_step": 1}}',
        b'{"meta": {"mode": "NIGHT", "mode_step": 1}, "tensor_payload": []}',
        b'{"meta": {"mode": "EVAL", "mode_step": 1}, "tensor_payload": [{"tensorname": "a"}]}',
        b"[]",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(data)
