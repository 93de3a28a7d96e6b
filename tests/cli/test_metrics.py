from __future__ import annotations

from dataclasses import replace

import pytest

from clary.cli.metric_courses import Course, summary
from clary.cli.metrics import HEIGHT, drawn

LOSS = Course("loss", "step", list(range(60)), [1 / (step + 1) for step in range(60)])


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "course",
    [
        LOSS,
        Course("one", "step", [7], [0.5]),
        Course("flat", "second", [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]),
        Course("wide", "step", [0, 10**9], [-1e300, 1e300]),
        Course("long", "step", list(range(100_000)), [float(step % 7) for step in range(100_000)]),
    ],
    ids=lambda course: course.name,
)
def test_a_curve_fits_the_terminal(course: Course, width: int) -> None:
    name, numbers, *picture = drawn(course, width).splitlines()

    assert (name, numbers) == (course.name, summary(course))
    assert len(picture) == HEIGHT
    assert max(map(len, picture)) <= width
    assert course.axis in picture[-1]
    assert any("\u2800" < character <= "\u28ff" for character in "".join(picture))


def test_the_numbers_beside_a_curve_are_its_ends_and_extremes() -> None:
    assert summary(LOSS) == ("60 points, first 1, last 0.0166667, min 0.0166667 at step 59, max 1 at step 0")


def test_the_last_value_is_the_one_that_the_trial_component_has() -> None:
    assert ", last 0.5, " in summary(replace(LOSS, last=0.5))


def test_a_reduced_course_keeps_the_extremes_and_the_order() -> None:
    values = [0.0] * 10_000
    values[1234], values[5678] = 9.0, -9.0

    reduced = Course("m", "step", list(range(10_000)), values).reduced(100)

    assert len(reduced.values) <= 100
    assert (max(reduced.values), min(reduced.values)) == (9.0, -9.0)
    assert reduced.places == sorted(reduced.places)


def test_a_short_course_is_kept_whole() -> None:
    assert LOSS.reduced(60) == LOSS


def test_a_name_of_a_metric_does_nothing_to_the_terminal() -> None:
    assert "\x1b" not in drawn(Course("a\x1b[2Jb", "step", [0], [1.0]), 80)
