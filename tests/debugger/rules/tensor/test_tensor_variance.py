from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by

from clary.debugger.rules import RuleConfigurationError, RuleParameterError, build_rule
from clary.debugger.rules.tensor.tensor_variance import TensorVariance

ALL = (".*",)


def test_a_variance_above_the_most_is_found() -> None:
    (finding,) = found_by(TensorVariance(tensor_regex=ALL, max_threshold=3), a_step(0, {"x": [0.0, 4.0]}))

    assert (finding.value, finding.threshold) == (4.0, 3.0)


def test_a_variance_below_the_least_is_found() -> None:
    rule = TensorVariance(tensor_regex=ALL, min_threshold=0.1)

    assert fired(rule, [a_step(0, {"x": np.ones(5)}), a_step(1, {"x": [0.0, 4.0]})]) == [0]


def test_the_limits_themselves_are_allowed() -> None:
    rule = TensorVariance(tensor_regex=ALL, min_threshold=4, max_threshold=4)

    assert fired(rule, [a_step(0, {"x": [0.0, 4.0]})]) == []


@pytest.mark.parametrize("stored", [{"variance": 9.0}, {"std": 3.0}])
def test_saved_reductions_are_enough(stored: dict[str, float]) -> None:
    (finding,) = found_by(TensorVariance(tensor_regex=ALL, max_threshold=8), a_step(0, stored={"x": stored}))

    assert finding.value == 9.0


def test_without_limits_it_is_not_configured() -> None:
    with pytest.raises(RuleConfigurationError, match="needs 'max_threshold', 'min_threshold', or both"):
        TensorVariance(tensor_regex=ALL)


def test_limits_the_wrong_way_round_are_refused() -> None:
    given = {"tensor_regex": ".*", "min_threshold": "3", "max_threshold": "2"}

    with pytest.raises(RuleParameterError, match="'min_threshold' is"):
        build_rule(TensorVariance, given)
