from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired

from clary.debugger.rules import RuleParameterError, RuleStep, build_rule
from clary.debugger.rules.tensor.unchanged_tensor import UnchangedTensor

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = (".*",)


def saved(values: Mapping[int, float]) -> list[RuleStep]:
    return [a_step(step, {"x": [value]}) for step, value in values.items()]


def ones_at_three_steps_and_another_tensor_later() -> list[RuleStep]:
    ones = np.ones((10, 3, 2))
    early = [a_step(i, {f"foo_{n}": ones for n in range(3)}) for i in range(3)]
    return [*early, a_step(5, {f"boo_{n}": ones for n in range(3)})]


def test_it_fires_when_three_saved_steps_are_equal() -> None:
    steps = ones_at_three_steps_and_another_tensor_later()

    assert fired(UnchangedTensor(tensor_regex=ALL), steps[:2]) == []
    assert fired(UnchangedTensor(tensor_regex=ALL), steps) == [2]
    assert fired(UnchangedTensor(tensor_regex=ALL), steps, start_step=2) == [2]
    assert fired(UnchangedTensor(tensor_regex=ALL), steps, start_step=3) == []


def test_saved_steps_need_not_follow_each_other() -> None:
    assert fired(UnchangedTensor(tensor_regex=ALL), saved({0: 1.0, 100: 1.0, 300: 1.0})) == [300]


def test_a_change_resets_the_count() -> None:
    series = saved({0: 1.0, 1: 1.0, 2: 2.0, 3: 2.0, 4: 2.0})

    assert fired(UnchangedTensor(tensor_regex=ALL), series) == [4]


def test_a_validation_pass_changes_nothing_and_does_not_count() -> None:
    modes = {0: ("TRAIN", 1.0), 1: ("EVAL", 1.1), 2: ("EVAL", 1.1), 3: ("EVAL", 1.1), 4: ("TRAIN", 1.1)}
    steps = [a_step(step, {"x": [value]}, mode=mode) for step, (mode, value) in modes.items()]

    assert fired(UnchangedTensor(tensor_regex=ALL), steps) == []


def test_changes_within_the_tolerances_are_ignored() -> None:
    creeping = saved({0: 1.00, 1: 1.01, 2: 1.02})

    assert fired(UnchangedTensor(tensor_regex=ALL), creeping) == []
    assert fired(UnchangedTensor(tensor_regex=ALL, rtol=0.1), creeping) == [2]


def test_nan_equals_nan_only_with_equal_nan() -> None:
    series = saved({0: np.nan, 1: np.nan, 2: np.nan})

    assert fired(UnchangedTensor(tensor_regex=ALL), series) == []
    assert fired(build_rule(UnchangedTensor, {"tensor_regex": ".*", "equal_nan": "True"}), series) == [2]


def test_one_step_cannot_be_unchanged() -> None:
    with pytest.raises(RuleParameterError, match="'num_steps' is 1; give 2 or more"):
        build_rule(UnchangedTensor, {"tensor_regex": ".*", "num_steps": "1"})
