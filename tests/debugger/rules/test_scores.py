from __future__ import annotations

import numpy as np
import pytest

from clary.debugger.rules.scores import precision_recall_f1, roc_curve
from clary.debugger.rules.series import Series, binned, box


def test_precision_and_recall_are_per_class() -> None:
    precision, recall, f1, support = precision_recall_f1(np.array([[3, 1, 0], [2, 4, 0], [0, 0, 0]]))

    assert precision.tolist() == [0.6, 0.8, 0.0]
    assert recall.tolist() == pytest.approx([0.75, 4 / 6, 0.0])
    assert f1[2] == 0
    assert support.tolist() == [4, 6, 0]


def test_scores_that_separate_the_classes_have_an_area_of_one() -> None:
    assert roc_curve(np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.2, 0.8]))[2] == 1.0


def test_equal_scores_have_an_area_of_one_half() -> None:
    assert roc_curve(np.array([0, 1, 0, 1]), np.full(4, 0.5))[2] == 0.5


def test_the_whiskers_of_a_box_plot_stay_within_the_values() -> None:
    shown = box(np.array([0.0, 10.0, 10.0, 10.0, 100.0]))

    assert (shown["lower"], shown["p50"], shown["upper"]) == (10.0, 10.0, 10.0)


def test_nearly_equal_values_can_be_binned() -> None:
    counts, edges = binned(np.array([3.0, 3.0 + 1e-15, np.nan]), 40)

    assert sum(counts) == 2
    assert len(edges) == 41


def test_a_series_knows_the_values_of_the_newest_window() -> None:
    series = Series()
    series.extend(np.arange(300.0))
    series.begin_window()
    series.extend(np.array([7.0, 8.0]))

    assert series.values.size == 302
    assert series.fresh.tolist() == [7.0, 8.0]
