from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleStep, build_rule
from clary.debugger.rules.tensor.exploding_tensor import ExplodingTensor


def nan_finite_nan() -> list[RuleStep]:
    bad, good = np.array([1.0, np.nan, 3.0]), np.array([1.0, 2.0, 3.0])
    return [
        a_step(i, {"foo_0": value, "foo_1": good, "foo_2": good}) for i, value in enumerate((bad, good, bad))
    ]


def test_nan_fires_at_its_steps_only() -> None:
    assert fired(ExplodingTensor(), nan_finite_nan()) == [0, 2]


def test_from_step_one_it_fires_first_at_two() -> None:
    assert fired(ExplodingTensor(), nan_finite_nan(), start_step=1) == [2]


def test_collections_without_tensors_do_not_silence_it() -> None:
    assert fired(ExplodingTensor(collection_names=("nothing",)), nan_finite_nan()) == [0, 2]


def test_only_what_is_named_is_looked_at() -> None:
    assert fired(ExplodingTensor(tensor_regex=("foo_1",)), nan_finite_nan()) == []
    known = names({"some": ["foo_0"]})
    assert fired(
        ExplodingTensor(collection_names=("some",)), [a_step(0, {"foo_0": np.inf}, known=known)]
    ) == [0]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_fires_unless_only_nan_is_wanted(value: float) -> None:
    step = a_step(0, {"x": [value, 1.0]})

    assert fired(ExplodingTensor(), [step]) == [0]
    assert fired(build_rule(ExplodingTensor, {"only_nan": "True"}), [step]) == []


def test_large_but_finite_values_are_silent_even_where_their_squares_overflow() -> None:
    assert fired(ExplodingTensor(), [a_step(0, {"x": np.full(4, 3e38, dtype=np.float32)})]) == []


def test_whole_numbers_are_silent() -> None:
    assert fired(ExplodingTensor(), [a_step(0, {"labels": np.arange(4)})]) == []


def test_reductions_show_it_too() -> None:
    assert fired(ExplodingTensor(), [a_step(0, stored={"x": {"abs_mean": np.nan}})]) == [0]
    assert fired(ExplodingTensor(only_nan=True), [a_step(0, stored={"x": {"max": np.inf}})]) == []
    assert fired(ExplodingTensor(), [a_step(0, stored={"x": {"max": 4.0}})]) == []


@given(arrays(np.float32, array_shapes(max_dims=3), elements=st.floats(width=32)))
def test_it_counts_as_numpy_does(values: np.ndarray) -> None:
    found = found_by(ExplodingTensor(), a_step(0, {"x": values}))

    assert sum(finding.value for finding in found) == np.count_nonzero(~np.isfinite(values))


def test_nan_in_columns_of_boosted_trees_is_ignored_unless_they_are_selected() -> None:
    known = names({"trees": ["^trees/"]})
    step = a_step(
        0, {"trees/Split": [0.5, np.nan], "trees/Category": [np.nan], "trees/outputs": [np.nan]}, known=known
    )

    assert [finding.tensor for finding in found_by(ExplodingTensor(), step)] == ["trees/outputs"]
    assert [finding.tensor for finding in found_by(ExplodingTensor(tensor_regex=("trees/Split",)), step)] == [
        "trees/Split"
    ]
    assert len(found_by(ExplodingTensor(collection_names=("trees",)), step)) == 3
