from __future__ import annotations

from dataclasses import replace

import pytest

from clary.cli.metric_curves import MetricCurve, summary
from clary.cli.metrics import HEIGHT, drawn

LOSS = MetricCurve("loss", "step", list(range(60)), [1 / (step + 1) for step in range(60)])


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "curve",
    [
        LOSS,
        MetricCurve("one", "step", [7], [0.5]),
        MetricCurve("flat", "second", [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]),
        MetricCurve("wide", "step", [0, 10**9], [-1e300, 1e300]),
        MetricCurve("long", "step", list(range(100_000)), [float(step % 7) for step in range(100_000)]),
    ],
    ids=lambda curve: curve.name,
)
def test_a_curve_fits_the_terminal(curve: MetricCurve, width: int) -> None:
    name, numbers, *picture = drawn(curve, width).splitlines()

    assert (name, numbers) == (curve.name, summary(curve))
    assert len(picture) == HEIGHT
    assert max(map(len, picture)) <= width
    assert curve.axis in picture[-1]
    assert any("\u2800" < character <= "\u28ff" for character in "".join(picture))


def test_the_numbers_beside_a_curve_are_its_ends_and_extremes() -> None:
    assert summary(LOSS) == ("60 points, first 1, last 0.0166667, min 0.0166667 at step 59, max 1 at step 0")


def test_the_last_value_is_the_one_that_the_trial_component_has() -> None:
    assert ", last 0.5, " in summary(replace(LOSS, last=0.5))


def test_a_reduced_course_keeps_the_extremes_and_the_order() -> None:
    values = [0.0] * 10_000
    values[1234], values[5678] = 9.0, -9.0

    reduced = MetricCurve("m", "step", list(range(10_000)), values).reduced(100)

    assert len(reduced.values) <= 100
    assert (max(reduced.values), min(reduced.values)) == (9.0, -9.0)
    assert reduced.x_values == sorted(reduced.x_values)


def test_a_short_course_is_kept_whole() -> None:
    assert LOSS.reduced(60) == LOSS


def test_a_name_of_a_metric_does_nothing_to_the_terminal() -> None:
    assert "\x1b" not in drawn(MetricCurve("a\x1b[2Jb", "step", [0], [1.0]), 80)
