"""The collections file."""

from __future__ import annotations

import json

import pytest

from clary.debugger.tensors import Collection, Mode, Reductions, SaveConfig
from clary.debugger.tensors.collection import from_json, to_json
from clary.debugger.tensors.reductions import Reduction

PLAIN = Collection("losses", ("[Ll]oss",), frozenset({"loss_0"}))
FULL = Collection(
    "weights",
    ("w", "kernel"),
    frozenset(),
    Reductions((Reduction("mean", True), Reduction("l2")), save_raw_tensor=True),
    {mode: SaveConfig(10, (1, 2), 3, 40) for mode in Mode},
    save_histogram=False,
)


def test_a_file_has_the_fields_of_the_format() -> None:
    document = json.loads(to_json({"weights": FULL}, 4))

    assert set(document) == {"collections", "_meta"}
    assert document["_meta"] == {"num_workers": 4}
    assert document["collections"]["weights"] == {
        "name": "weights",
        "include_regex": ["w", "kernel"],
        "tensor_names": [],
        "reduction_config": {"save_raw_tensor": True, "reductions": "abs_mean,l2_norm", "save_shape": False},
        "save_config": {
            mode.name: {"save_interval": 10, "save_steps": [1, 2], "start_step": 3, "end_step": 40}
            for mode in Mode
        },
        "save_histogram": False,
    }


def test_collections_come_back() -> None:
    collections = {"losses": PLAIN, "weights": FULL}

    assert from_json(to_json(collections, 2)) == (collections, 2)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"collections": 3}', b'{"collections": {"a": 1}}'])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(data)
