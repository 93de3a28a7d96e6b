from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tests.debugger.rules.steps import a_step, fired, names

from clary.debugger.rules import RuleConfigurationError, RuleParameterError, build_rule
from clary.debugger.rules.tensor.all_zero import AllZero

ALL = (".*",)


def test_only_a_tensor_of_zeros_fires() -> None:
    assert fired(AllZero(tensor_regex=ALL), [a_step(0, {"x": np.zeros((2, 2))})]) == [0]
    assert fired(AllZero(tensor_regex=ALL), [a_step(0, {"x": [0.0, 1e-30]})]) == []


def test_the_threshold_itself_fires() -> None:
    assert fired(AllZero(tensor_regex=ALL, threshold=75), [a_step(0, {"x": [0, 0, 0, 1]})]) == [0]


def test_collections_and_regex_are_united() -> None:
    known = names({"weights": ["weight"]})
    rule = build_rule(AllZero, {"collection_names": "weights, nothing", "tensor_regex": "^input"})
    tensors = {"a.weight": [0.0], "input_0": [0.0], "other": [0.0]}

    assert len(fired(rule, [a_step(0, {name: value}, known=known) for name, value in tensors.items()])) == 1
    assert fired(
        rule, [a_step(i, {name: v}, known=known) for i, (name, v) in enumerate(tensors.items())]
    ) == [0, 1]


def test_an_empty_tensor_is_passed_over() -> None:
    assert fired(AllZero(tensor_regex=ALL), [a_step(0, {"x": np.empty((0, 3))})]) == []


def test_reductions_can_prove_it() -> None:
    assert fired(AllZero(tensor_regex=ALL), [a_step(0, stored={"x": {"min": 0.0, "max": 0.0}})]) == [0]
    assert fired(AllZero(tensor_regex=ALL), [a_step(0, stored={"x": {"mean": 0.0}})]) == []


def test_without_tensors_to_look_at_it_is_not_configured() -> None:
    with pytest.raises(RuleConfigurationError, match="AllZero needs to know which tensors to look at"):
        AllZero()


def test_a_broken_pattern_is_refused_by_name() -> None:
    with pytest.raises(RuleParameterError, match=r"'tensor_regex' is '\(a'; it is no regular expression"):
        build_rule(AllZero, {"tensor_regex": "(a"})


@given(
    arrays(np.float64, array_shapes(max_dims=3), elements=st.sampled_from([0.0, -0.0, 1.0, np.nan])),
    st.floats(0, 100),
)
def test_it_agrees_with_counting_one_by_one(values: np.ndarray, threshold: float) -> None:
    zeros = sum(1 for value in values.ravel() if value == 0)
    expected = 100 * (1 - (values.size - zeros) / values.size) >= threshold

    assert bool(fired(AllZero(tensor_regex=ALL, threshold=threshold), [a_step(0, {"x": values})])) is expected
