from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clary.debugger.plot.prediction import prediction_summary

SCORES = np.array([0.0, 3.0, 1.0])


def test_the_class_with_the_largest_score_is_predicted() -> None:
    said = prediction_summary(SCORES, np.int64(1), ("cat", "dog", "cow"))

    assert (said["predicted"], said["label"]) == ("dog", "dog")


def test_scores_become_probabilities() -> None:
    said = prediction_summary(SCORES, None, ())

    assert [name for name, _ in said["top"]] == ["1", "2", "0"]
    assert [share for _, share in said["top"]] == pytest.approx(
        [np.exp(score) / np.exp(SCORES).sum() for score in (3, 1, 0)]
    )


def test_probabilities_are_not_changed() -> None:
    assert prediction_summary(np.array([0.1, 0.9]), None, ())["top"][0] == ["1", pytest.approx(0.9)]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (np.float32(2.0), "2"),
        (np.array([2]), "2"),
        (np.array([0, 0, 1]), "2"),
        (np.float32(0.5), None),
        (np.float32(np.nan), None),
        (np.array([0.2, 0.8, 0.0]), None),
        (None, None),
    ],
)
def test_a_label_is_a_class_number_or_one_hot(label: Any, said: str | None) -> None:
    assert prediction_summary(SCORES, label, ())["label"] == said


def test_a_single_value_is_shown_as_a_number() -> None:
    said = prediction_summary(np.array([0.123456]), np.float32(0.25), ())

    assert (said["predicted"], said["label"], said["top"]) == ("0.1235", "0.25", [])


@pytest.mark.parametrize("scores", [None, np.array([np.nan, 1.0]), np.array([])])
def test_missing_or_non_finite_scores_predict_nothing(scores: Any) -> None:
    assert prediction_summary(scores, np.int64(1), ())["predicted"] is None


def test_a_class_without_a_name_is_its_number() -> None:
    assert prediction_summary(np.array([0.0, 0.0, 5.0]), None, ("cat",))["predicted"] == "2"


@pytest.mark.parametrize(
    ("score", "binary", "predicted", "share"),
    [(2.0, "logit", "ill", 0.880797), (-2.0, "logit", "well", 0.880797), (0.8, "probability", "ill", 0.8)],
)
def test_a_single_score_of_class_1_becomes_a_probability(
    score: float, binary: str, predicted: str, share: float
) -> None:
    said = prediction_summary(np.array([score]), np.float32(1.0), ("well", "ill"), binary=binary)

    assert (said["predicted"], said["label"]) == (predicted, "ill")
    assert said["top"][0] == [predicted, pytest.approx(share, abs=1e-6)]


@pytest.mark.parametrize("score", [1e9, -1e9])
def test_a_logit_of_any_size_is_one(score: float) -> None:
    assert prediction_summary(np.array([score]), None, (), binary="logit")["top"][0][1] == pytest.approx(1.0)
