from __future__ import annotations

import pytest
from tests.debugger.rules.steps import fired, found_by, losses

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.tensor.overtraining import Overtraining


def test_a_training_loss_without_improvement_fires_after_its_patience() -> None:
    found = found_by(Overtraining(), *losses([1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]))

    assert [(finding.step, finding.value, finding.threshold) for finding in found] == [(6, 5.0, 5.0)]
    assert "the best was 0.5 at step 1" in found[0].message


def test_a_validation_loss_has_its_own_patience() -> None:
    assert fired(Overtraining(patience_validation=3), losses([1.0] * 4, mode="EVAL")) == [3]
    assert fired(Overtraining(), losses([1.0] * 10, mode="EVAL")) == []


def test_an_improvement_must_exceed_delta() -> None:
    creeping = losses([1.0 - 0.001 * i for i in range(6)])

    assert fired(Overtraining(), creeping) == [5]
    assert fired(Overtraining(delta=0.0001), creeping) == []


def test_improvements_add_up_until_they_count() -> None:
    assert fired(Overtraining(patience_train=3), losses([1.0, 0.995, 0.985, 0.98, 0.97])) == []


def test_negative_patience_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'patience_train' is -1; give 1 or more"):
        build_rule(Overtraining, {"patience_train": "-1"})
