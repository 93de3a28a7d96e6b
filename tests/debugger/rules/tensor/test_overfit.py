from __future__ import annotations

import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleParameterError, RuleStep, build_rule
from clary.debugger.rules.tensor.overfit import Overfit

KNOWN = names({"losses": ["loss"]})


def epochs(*pairs: tuple[float, float], batches: int = 2) -> list[RuleStep]:
    """A training and a validation loss for each epoch, over some batches each."""
    steps: list[RuleStep] = []
    for train, validation in pairs:
        for mode, loss in (("TRAIN", train), ("EVAL", validation)):
            for wobble in range(batches):
                value = loss * (1 + 0.1 * (wobble - (batches - 1) / 2))
                steps.append(a_step(len(steps), {"loss_output_0": value}, known=KNOWN, mode=mode))
    return steps


def test_a_gap_between_the_losses_is_found_at_the_end_of_the_pass() -> None:
    (finding,) = found_by(Overfit(), *epochs((1.0, 1.05), (0.5, 1.0), (0.5, 0.5)))

    assert (finding.step, finding.tensor, finding.threshold) == (7, "loss_output_0", 0.1)
    assert finding.value == pytest.approx(1.0)


def test_the_last_pass_is_evaluated_at_the_end() -> None:
    assert fired(Overfit(), epochs((1.0, 1.05), (0.5, 1.0))) == [7]


def test_it_does_not_fire_when_the_losses_stay_close() -> None:
    assert fired(Overfit(), epochs((1.0, 1.05), (0.5, 0.52), (0.3, 0.31))) == []


def test_patience_counts_checks_in_a_row() -> None:
    gaps = epochs((1.0, 2.0), (1.0, 2.0), (1.0, 1.0), (1.0, 2.0), (1.0, 2.0), (1.0, 2.0), batches=1)

    assert fired(Overfit(patience=3), gaps) == [11]
    assert fired(Overfit(patience=2), gaps) == [3, 9, 11]


def test_nothing_counts_before_the_start_step() -> None:
    assert fired(Overfit(start_step=4), epochs((1.0, 9.0), (1.0, 1.0))) == []


def test_without_validation_it_never_fires() -> None:
    steps = [a_step(i, {"loss_output_0": 1.0}, known=KNOWN, mode="TRAIN") for i in range(5)]

    assert fired(Overfit(), steps) == []


def test_a_validation_pass_before_training_does_not_count() -> None:
    before = [a_step(0, {"loss_output_0": 50.0}, known=KNOWN, mode="EVAL")]
    after = [
        a_step(1 + s.number, {"loss_output_0": 1.0}, known=KNOWN, mode=s.mode) for s in epochs((1.0, 1.0))
    ]

    assert fired(Overfit(), [*before, *after]) == []


def test_xgboost_has_both_losses_in_one_step() -> None:
    known = names({"losses": ["-rmse$"]})
    rounds = [
        a_step(i, {"train-rmse": train, "validation-rmse": validation}, known=known)
        for i, (train, validation) in enumerate([(1.0, 1.05), (0.5, 0.9), (0.5, 0.52)])
    ]

    assert fired(Overfit(), rounds) == [1]


def test_patience_below_one_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'patience' is 0; give 1 or more"):
        build_rule(Overfit, {"patience": "0"})
