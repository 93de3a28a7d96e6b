"""Measurements as weighted points: exact in sum and extremes, close in percentiles."""

from __future__ import annotations

from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.server.inference.distribution import Distribution
from clary.services.cloudwatch._weighted import weighted_statistic
from clary.store.metrics import Points

VALUES = st.lists(st.floats(0, 1e9), min_size=1, max_size=200)


def points_of(values: list[float]) -> Points:
    distribution = Distribution()
    for value in values:
        distribution.add(value)
    points = Points()
    for value, weight in distribution.points():
        points.add(0.0, weight, value)
    return points


@given(VALUES)
def test_number_sum_and_extremes_are_those_of_the_measurements(values: list[float]) -> None:
    points = points_of(values)

    assert weighted_statistic("SampleCount", points) == len(values)
    assert weighted_statistic("Sum", points) == pytest.approx(sum(values))
    assert weighted_statistic("Average", points) == pytest.approx(sum(values) / len(values))
    assert weighted_statistic("Minimum", points) == min(values)
    assert weighted_statistic("Maximum", points) == max(values)


@given(st.lists(st.floats(1, 1e9), min_size=2, max_size=200))
def test_percentiles_are_within_five_percent(values: list[float]) -> None:
    points = points_of(values)
    exact = quantiles(values, n=100, method="inclusive")

    for percent in (1, 50, 90, 99):
        assert weighted_statistic(f"p{percent}", points) == pytest.approx(exact[percent - 1], rel=0.06)
    assert weighted_statistic("p100", points) == max(values)


def test_many_measurements_are_few_points() -> None:
    assert len(points_of([1000.0 + number / 100 for number in range(100_000)])) < 20


def test_nothing_was_measured() -> None:
    assert list(Distribution().points()) == []
