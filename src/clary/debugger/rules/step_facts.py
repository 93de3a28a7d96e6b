"""Computes where the time of a training went, from the durations of its steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .profile import STEP_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .profile import Profile
    from .profile_rule import RuleReport
    from .profiler.step_outlier import StepReport
    from .step import Array

MIN_STEPS_FOR_PERIOD = 4
MIN_SHARE_IN_PHASE = 0.8
MIN_SHARE_OF_PERIODS = 0.5
MAX_POINTS = 240


@dataclass(frozen=True, slots=True)
class SlowSteps:
    """The outliers of one kind of step on one node.

    kind: such as ``training``. numbers: of the steps. lost_s: the time beyond the median, summed over these
    steps. share: lost_s as a share of the time of all steps of the kind. every: the period in steps; None if
    the outliers are not periodic.
    """

    node: str
    kind: str
    numbers: tuple[int, ...]
    lost_s: float
    share: float
    every: int | None


def mode_word(event: str) -> str:
    """``training`` for ``Step:ModeKeys.TRAIN``."""
    known = {"TRAIN": "training", "EVAL": "validation", "PREDICT": "prediction"}
    word = event.removeprefix(STEP_PREFIX)
    return known.get(word, word.lower())


def time_shares(profile: Profile, steps: StepReport, first_us: float | None) -> dict[str, dict[str, float]]:
    """By node, the seconds of each kind of step and of the time without a step.

    first_us: the start of the first step (epoch microseconds). The time before the first step is separate.
    Returns nothing when the profile or the first step is not known.
    """
    if profile.first_s is None or first_us is None:
        return {}
    total_s = profile.window.end_s - profile.first_s
    before_s = min(max(first_us / 1e6 - profile.first_s, 0.0), total_s)
    by_node: dict[str, dict[str, float]] = {}
    for (node, event), durations in steps.durations.items():
        shares = by_node.setdefault(node, {"before the first step": before_s})
        shares[f"{mode_word(event)} steps"] = float(durations.values.sum())
    for shares in by_node.values():
        shares["between steps and at the end"] = max(total_s - sum(shares.values()), 0.0)
    return by_node


def slow_steps(steps: StepReport) -> Iterator[SlowSteps]:
    """The slow steps of each node and kind of step that has outliers."""
    for node, kinds in steps.details.get("step_details", {}).items():
        for event, found in kinds.items():
            durations = steps.durations[node, event].values
            numbers = tuple(found["step_numbers"])
            if not numbers:
                continue
            slow = np.sort(durations)[-int(found["number_of_outliers"]) :]
            lost_s = float((slow - np.median(durations)).sum())
            yield SlowSteps(
                node, mode_word(event), numbers, lost_s, lost_s / float(durations.sum()), period(numbers)
            )


def period(numbers: Sequence[int]) -> int | None:
    """The distance between most of the numbers, which increase; None when they are not periodic."""
    if len(numbers) < MIN_STEPS_FOR_PERIOD:
        return None
    distance = Counter(np.diff(numbers).tolist()).most_common(1)[0][0]
    if distance < 2:
        return None
    (_, in_phase), *_ = Counter(number % distance for number in numbers).most_common(1)
    periods = (max(numbers) - min(numbers)) / distance
    periodic = in_phase >= MIN_SHARE_IN_PHASE * len(numbers) and in_phase >= periods * MIN_SHARE_OF_PERIODS
    return int(distance) if periodic else None


def over_steps(numbers: Array, durations: Array) -> tuple[list[float], list[float], list[float]]:
    """At most MAX_POINTS groups of consecutive steps: first number, median and longest duration of each.

    Because the longest is kept, no outlier is lost. numbers, durations: [N].
    """
    order = np.argsort(numbers, kind="stable")
    groups = [group for group in np.array_split(order, min(MAX_POINTS, len(order))) if group.size]
    return (
        [float(numbers[group[0]]) for group in groups],
        [float(np.median(durations[group])) for group in groups],
        [float(durations[group].max()) for group in groups],
    )


def first_step_us(reports: Mapping[str, RuleReport]) -> float | None:
    """The start of the first step (epoch microseconds), from the report of MaxInitializationTime."""
    numbers = reports["MaxInitializationTime"].details.get("step_num")
    return None if numbers is None else float(numbers["first"])
