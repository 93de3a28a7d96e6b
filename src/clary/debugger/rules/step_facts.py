"""What the steps of a training say about where its time went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .profile import STEP_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .profile import Profile
    from .profile_rule import Report
    from .profiler.step_outlier import StepReport
    from .step import Array

LEAST_FOR_A_RHYTHM = 4
SHARE_IN_RHYTHM = 0.8
SHARE_OF_BEATS = 0.5
MOST_POINTS = 240


@dataclass(frozen=True, slots=True)
class Slow:
    """Steps that took far longer than the others of their kind.

    lost_s: how much sooner all would have been over had each taken as long as the median. every: they come
    each so many steps, if they do.
    """

    node: str
    kind: str
    numbers: tuple[int, ...]
    lost_s: float
    share: float
    every: int | None


def kind_of(event: str) -> str:
    """``training`` for ``Step:ModeKeys.TRAIN``."""
    known = {"TRAIN": "training", "EVAL": "validation", "PREDICT": "prediction"}
    word = event.removeprefix(STEP_PREFIX)
    return known.get(word, word.lower())


def time_shares(profile: Profile, steps: StepReport, first_us: float | None) -> dict[str, dict[str, float]]:
    """By node: what to seconds. first_us: when the first step began (epoch microseconds).

    Time in which no step ran is told apart by whether that was before the first one.
    """
    if profile.first_s is None or first_us is None:
        return {}
    total_s = profile.window.end_s - profile.first_s
    before_s = min(max(first_us / 1e6 - profile.first_s, 0.0), total_s)
    by_node: dict[str, dict[str, float]] = {}
    for (node, event), durations in steps.durations.items():
        shares = by_node.setdefault(node, {"before the first step": before_s})
        shares[f"{kind_of(event)} steps"] = float(durations.values.sum())
    for shares in by_node.values():
        shares["between steps and at the end"] = max(total_s - sum(shares.values()), 0.0)
    return by_node


def slow_steps(steps: StepReport) -> Iterator[Slow]:
    """One for each node and kind of step that has outliers."""
    for node, kinds in steps.details.get("step_details", {}).items():
        for event, found in kinds.items():
            durations = steps.durations[node, event].values
            numbers = tuple(found["step_numbers"])
            if not numbers:
                continue
            slow = np.sort(durations)[-int(found["number_of_outliers"]) :]
            lost_s = float((slow - np.median(durations)).sum())
            yield Slow(
                node, kind_of(event), numbers, lost_s, lost_s / float(durations.sum()), rhythm(numbers)
            )


def rhythm(numbers: Sequence[int]) -> int | None:
    """The distance at which most of the numbers come; None when they come in no rhythm."""
    if len(numbers) < LEAST_FOR_A_RHYTHM:
        return None
    distance = Counter(np.diff(numbers).tolist()).most_common(1)[0][0]
    if distance < 2:
        return None
    (_, together), *_ = Counter(number % distance for number in numbers).most_common(1)
    beats = (max(numbers) - min(numbers)) / distance
    in_rhythm = together >= SHARE_IN_RHYTHM * len(numbers) and together >= beats * SHARE_OF_BEATS
    return int(distance) if in_rhythm else None


def over_steps(numbers: Array, durations: Array) -> tuple[list[float], list[float], list[float]]:
    """Step numbers, and the median and longest duration around each: no outlier is thinned out."""
    order = np.argsort(numbers, kind="stable")
    groups = [group for group in np.array_split(order, min(MOST_POINTS, len(order))) if group.size]
    return (
        [float(numbers[group[0]]) for group in groups],
        [float(np.median(durations[group])) for group in groups],
        [float(durations[group].max()) for group in groups],
    )


def first_step_us(reports: Mapping[str, Report]) -> float | None:
    """When the first step began, as MaxInitializationTime has seen it."""
    numbers = reports["MaxInitializationTime"].details.get("step_num")
    return None if numbers is None else float(numbers["first"])
