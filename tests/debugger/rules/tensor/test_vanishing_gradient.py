from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.tensor.vanishing_gradient import VanishingGradient

KNOWN = names({"gradients": ["^gradient"]})


def test_a_gradient_with_a_tiny_mean_is_found_with_its_numbers() -> None:
    gradients = {"gradient/a": np.full((3, 4), 1e-9), "gradient/b": np.full(5, -0.1), "a": np.zeros(3)}

    (finding,) = found_by(VanishingGradient(), a_step(7, gradients, known=KNOWN))

    assert (finding.step, finding.tensor, finding.threshold) == (7, "gradient/a", 1e-7)
    assert finding.value == pytest.approx(1e-9)


def test_a_zero_gradient_vanishes() -> None:
    assert fired(VanishingGradient(), [a_step(0, {"gradient/a": np.zeros(3)}, known=KNOWN)]) == [0]


def test_a_mean_at_the_threshold_does_not_fire() -> None:
    assert (
        fired(VanishingGradient(threshold=0.5), [a_step(0, {"gradient/a": [0.5, -0.5]}, known=KNOWN)]) == []
    )


def test_the_mean_is_of_absolute_values() -> None:
    assert fired(VanishingGradient(), [a_step(0, {"gradient/a": [1.0, -1.0]}, known=KNOWN)]) == []


def test_a_saved_reduction_is_enough() -> None:
    steps = [a_step(3, stored={"gradient/a": {"abs_mean": 1e-12}}, known=KNOWN)]

    assert fired(VanishingGradient(), steps) == [3]


def test_a_tensor_with_other_reductions_only_is_ignored() -> None:
    assert fired(VanishingGradient(), [a_step(3, stored={"gradient/a": {"max": 0.0}}, known=KNOWN)]) == []


def test_a_threshold_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(RuleParameterError, match="Parameter 'threshold' is 'low'; give a number"):
        build_rule(VanishingGradient, {"threshold": "low"})
