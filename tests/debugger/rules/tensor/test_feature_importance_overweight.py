from __future__ import annotations

import pytest
from tests.debugger.rules.steps import a_step, fired, found_by

from clary.debugger.rules import RuleParameterError, RuleStep, build_rule
from clary.debugger.rules.tensor.feature_importance_overweight import FeatureImportanceOverweight


def importances(*values: float, kind: str = "weight") -> RuleStep:
    return a_step(5, {f"feature_importance/{kind}/f{i}": value for i, value in enumerate(values)})


def test_three_features_that_hold_nearly_all_are_named() -> None:
    (finding,) = found_by(FeatureImportanceOverweight(), importances(0.05, 0.4, 0.3, 0.2, 0.05))

    assert (finding.tensor, finding.value) == ("feature_importance/weight", pytest.approx(0.9))
    assert finding.message.startswith("f1, f2, f3 hold 90%")


def test_importance_that_is_spread_is_silent() -> None:
    assert fired(FeatureImportanceOverweight(), [importances(*[0.1] * 10)]) == []


def test_importances_need_not_sum_to_one() -> None:
    assert fired(FeatureImportanceOverweight(), [importances(*[7.0] * 10)]) == []
    assert fired(FeatureImportanceOverweight(), [importances(90, 80, 70, 1, 1)]) == [5]


def test_other_kinds_are_looked_at_when_asked_for() -> None:
    gains = importances(0.9, 0.05, 0.03, 0.02, kind="gain")

    assert fired(FeatureImportanceOverweight(), [gains]) == []
    assert fired(
        build_rule(FeatureImportanceOverweight, {"tensor_regex": "feature_importance/gain"}), [gains]
    ) == [5]


def test_no_features_are_refused() -> None:
    with pytest.raises(RuleParameterError, match="'nfeatures' is 0; give 1 or more"):
        build_rule(FeatureImportanceOverweight, {"nfeatures": "0"})
