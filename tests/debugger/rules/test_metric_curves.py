from __future__ import annotations

import math

import pytest

from clary.debugger.rules.metric_curves import ONE_SET, comment


def found_by(**curves: list[float]) -> str:
    """Curves of a training with rounds 0, 10, 20, ...; ``_`` in a name stands for the ``-`` of the metric."""
    metrics = {
        name.replace("_", "-"): [(10 * at, value) for at, value in enumerate(values)]
        for name, values in {"train_rmse": [3.0, 1.0], **curves}.items()
    }
    return comment(metrics)


@pytest.mark.parametrize(
    ("validation", "expected"),
    [
        ([1.0, 0.5, 0.6, 0.7, 0.8, 0.9], "got worse since, to 0.9 in round 50: the model overfits"),
        ([1.0, 0.9, 0.8, 0.7], "near the end: more rounds may still help"),
        ([1.0, 0.5, 0.501, 0.5, 0.502, 0.501], "hardly changed since: more rounds bring nothing"),
        ([1.0, 0.5, math.nan, 0.6, 0.7, 0.8], "overfits"),
    ],
)
def test_a_loss_that_rises_again_overfits(validation: list[float], expected: str) -> None:
    assert expected in found_by(validation_rmse=validation)


def test_a_constant_error_rate_is_no_overfitting_while_the_loss_falls() -> None:
    """The first metric of a training may be the error rate, whose best round was much earlier."""
    text = found_by(
        validation_error=[0.3, 0.1, 0.1, 0.11, 0.11, 0.11],
        validation_logloss=[0.6, 0.5, 0.4, 0.35, 0.3, 0.28],
    )

    assert text == (
        "The best validation-logloss was 0.28 in round 50, near the end: more rounds may still help. "
        "Of the others, the best validation-error was 0.1 in round 10."
    )


@pytest.mark.parametrize("name", ["validation_auc", "validation_ndcg@5"])
def test_for_metrics_where_higher_is_better_the_highest_value_is_the_best(name: str) -> None:
    assert "was 0.9 in round 30" in found_by(**{name: [0.5, 0.7, 0.8, 0.9]})


@pytest.mark.parametrize("curves", [{}, {"validation_rmse": [math.nan]}])
def test_one_set_of_metrics_says_nothing(curves: dict[str, list[float]]) -> None:
    assert found_by(**curves) == ONE_SET
