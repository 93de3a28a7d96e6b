from __future__ import annotations

from pathlib import Path

import pytest
from tests.debugger.rules.steps import a_step

from clary.debugger.rules import RuleContext, RuleParameterError, build_rule
from clary.debugger.rules.tensor.stalled_training_rule import StalledTrainingRule
from clary.debugger.rules.watch import TrialWatch


def test_silence_is_told_once_its_time_is_over() -> None:
    watch = TrialWatch(StalledTrainingRule(threshold=60), RuleContext(Path()))

    assert watch.idle(1000.0) == []
    assert watch.idle(1059.0) == []
    (finding,) = watch.idle(1060.0)
    assert (finding.value, finding.threshold) == (60.0, 60.0)
    assert watch.idle(1061.0) == []


def test_a_step_ends_the_silence() -> None:
    watch = TrialWatch(StalledTrainingRule(threshold=60), RuleContext(Path()))
    watch.idle(1000.0)
    watch.check(a_step(12))

    assert watch.idle(1050.0) == []
    assert watch.idle(1100.0) == []
    (finding,) = watch.idle(1110.0)
    assert finding.step == 12


def test_a_negative_threshold_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'threshold' is"):
        build_rule(StalledTrainingRule, {"threshold": "-1"})
