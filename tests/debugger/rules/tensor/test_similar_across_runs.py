from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step

from clary.debugger.rules import RuleConfigurationError, RuleContext, RuleStep, findings
from clary.debugger.rules.tensor.similar_across_runs import SimilarAcrossRuns

if TYPE_CHECKING:
    from clary.debugger.rules import Finding


class OtherTrial:
    def __init__(self, *steps: RuleStep) -> None:
        self._steps = {step.number: step for step in steps}

    def step(self, number: int) -> RuleStep | None:
        return self._steps.get(number)


def compared(ours: dict[str, Any], theirs: dict[str, Any], **parameters: Any) -> list[Finding]:
    there = RuleContext(Path(), (OtherTrial(a_step(0, theirs)),))
    return findings(SimilarAcrossRuns(**parameters), [a_step(0, ours), a_step(1, ours)], context=there)


def test_a_different_tensor_is_found_with_the_largest_difference() -> None:
    (finding,) = compared({"a": [1.0, 2.0], "b": [1.0]}, {"a": [1.0, 2.5], "b": [1.0]})

    assert (finding.step, finding.tensor, finding.value) == (0, "a", 0.5)


def test_equal_tensors_are_silent() -> None:
    assert compared({"a": [1.0, np.nan]}, {"a": [1.0 + 1e-9, np.nan]}) == []


def test_tensors_of_one_side_are_passed_over() -> None:
    assert compared({"a": [1.0]}, {"b": [2.0]}) == []


def test_another_shape_is_a_difference() -> None:
    (finding,) = compared({"a": [1.0]}, {"a": [1.0, 1.0]})

    assert "its shape is (1,), in the other run (2,)" in finding.message


def test_only_selected_tensors_are_compared() -> None:
    assert compared({"a": [1.0], "b": [1.0]}, {"a": [2.0], "b": [1.0]}, tensor_regex=("b",)) == []


def test_without_another_trial_it_is_not_configured() -> None:
    with pytest.raises(RuleConfigurationError, match="give 'other_trial_0'"):
        findings(SimilarAcrossRuns(), [])
