"""When a tuning job has enough: limits and completion criteria."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from .book import in_order_of_end, is_at_work, value_of
from .definitions import CONFIG, definitions_of
from .request import MOST_TRIALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.stores import Document

FAILURES_BEFORE_END = 5
"""A tuning job whose first trials have all failed ends after so many."""

CONVERGED_AFTER = 10
"""Trials without a noticeable improvement before a job has converged, and values that are needed before."""
NOTICEABLE = 0.01
"""Of the distance between the best value and the median."""


def most_trials(record: Document) -> int:
    return int(record[CONFIG]["ResourceLimits"].get("MaxNumberOfTrainingJobs", MOST_TRIALS))


def run_out(record: Document, now: float) -> bool:
    """Whether its MaxRuntimeInSeconds are over."""
    limit = record[CONFIG]["ResourceLimits"].get("MaxRuntimeInSeconds")
    return limit is not None and now - record["CreationTime"] >= limit


def reached(record: Document, trials: Sequence[Document], not_improving: int) -> bool:
    """Whether a criterion of TuningJobCompletionCriteria is met.

    not_improving: how many trials have ended since the best one.
    """
    criteria = record[CONFIG].get("TuningJobCompletionCriteria", {})
    maximize = definitions_of(record)[0].maximize
    values = [value for trial in in_order_of_end(trials) if (value := value_of(trial)) is not None]
    if not values:
        return False
    best = max(values) if maximize else min(values)
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and (best >= target if maximize else best <= target):
        return True
    most = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    if most is not None and not_improving >= most:
        return True
    wanted = criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled"
    return wanted and has_converged(values, maximize)


def converged_at(record: Document, trials: Sequence[Document], now: float) -> Document:
    """TuningJobCompletionDetails with ConvergenceDetectedTime, which AWS tells whatever the criteria."""
    details: Document = record.get("TuningJobCompletionDetails", {})
    maximize = definitions_of(record)[0].maximize
    values = [value for trial in in_order_of_end(trials) if (value := value_of(trial)) is not None]
    if "ConvergenceDetectedTime" in details or not has_converged(values, maximize):
        return details
    return {**details, "ConvergenceDetectedTime": now}


def has_converged(values: Sequence[float], maximize: bool) -> bool:
    """Whether the last trials have improved the best value by next to nothing. values: in order of end."""
    if len(values) < 2 * CONVERGED_AFTER:
        return False
    best = max if maximize else min
    now, before = best(values), best(values[:-CONVERGED_AFTER])
    return abs(now - before) <= NOTICEABLE * abs(now - statistics.median(values))


def failure(trials: Sequence[Document], most: int) -> str:
    """Why a tuning job can't succeed; empty while it can."""
    ended = in_order_of_end(trials)
    if any(value_of(trial) is not None for trial in trials):
        return ""
    if (silent := next((trial for trial in ended if "_Silent" in trial), None)) is not None:
        return str(silent["_Silent"])
    failed = [trial for trial in ended if trial["TrainingJobStatus"] == "Failed"]
    enough = min(FAILURES_BEFORE_END, most)
    if len(failed) == len(ended) and len(ended) >= enough:
        first = failed[0]
        reason = first.get("FailureReason", "it has no reason")
        return f"All training jobs failed. The first, {first['TrainingJobName']}: {reason}"
    if len(trials) >= most and not any(is_at_work(trial) for trial in trials):
        return "No training job has a value of the objective metric."
    return ""
