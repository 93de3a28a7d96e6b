from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleParameterError, RuleStep, build_rule
from clary.debugger.rules.tensor.weight_update_ratio import WeightUpdateRatio

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN = names({"weights": ["weight"]})


def weights(values: Mapping[int, float]) -> list[RuleStep]:
    return [
        a_step(step, {"fc.weight": np.full((2, 3), value)}, known=KNOWN) for step, value in values.items()
    ]


def test_a_huge_update_is_found() -> None:
    (finding,) = found_by(WeightUpdateRatio(), *weights({0: 1.0, 500: 12.0}))

    assert (finding.step, finding.threshold) == (500, 10.0)
    assert finding.value == pytest.approx(11.0)


def test_a_frozen_weight_is_found() -> None:
    assert fired(WeightUpdateRatio(), weights({0: 1.0, 1: 1.0, 2: 1.1})) == [1]


def test_usual_updates_are_silent() -> None:
    assert fired(WeightUpdateRatio(), weights({0: 1.0, 1: 1.01, 2: 1.02, 3: 1.01})) == []


def test_a_single_step_is_not_evaluated() -> None:
    assert fired(WeightUpdateRatio(), weights({4: 1.0})) == []


def test_with_num_steps_it_looks_back_that_far() -> None:
    # At 6, the newest saved step <= 6 - 4 is 2; at 3 there is none that is old enough.
    found = found_by(WeightUpdateRatio(num_steps=4), *weights({0: 9.0, 2: 1.0, 3: 1.0, 6: 21.0}))

    assert [(finding.step, round(finding.value)) for finding in found] == [(6, 20)]


def test_weights_of_two_workers_are_not_mixed() -> None:
    steps = [
        a_step(i, {"w.weight": np.full(3, value)}, known=KNOWN, worker=worker)
        for i, worker, value in (
            (0, "worker_0", 1.0),
            (0, "worker_1", 99.0),
            (1, "worker_0", 1.1),
            (1, "worker_1", 98.0),
        )
    ]

    assert fired(WeightUpdateRatio(), steps) == []


def test_half_precision_weights_do_not_overflow() -> None:
    steps = [
        a_step(i, {"w.weight": np.full(100, value, dtype=np.float16)}, known=KNOWN)
        for i, value in enumerate((60000.0, -60000.0))
    ]

    assert fired(WeightUpdateRatio(), steps) == []


def test_a_small_threshold_above_the_large_one_is_refused() -> None:
    with pytest.raises(
        RuleParameterError, match=r"'small_threshold' is 20\.0; give less than large_threshold"
    ):
        build_rule(WeightUpdateRatio, {"small_threshold": "20"})


def test_a_validation_pass_is_no_missing_update() -> None:
    modes = {0: ("TRAIN", 1.0), 1: ("TRAIN", 1.1), 2: ("EVAL", 1.2), 3: ("EVAL", 1.2), 4: ("TRAIN", 1.2)}
    steps = [
        a_step(step, {"fc.weight": np.full((2, 3), value)}, known=KNOWN, mode=mode)
        for step, (mode, value) in modes.items()
    ]

    assert fired(WeightUpdateRatio(), steps) == []
