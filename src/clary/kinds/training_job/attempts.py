"""The attempts of a training job: how long each has run, and what is left of the limits of all together.

TrainingTimeInSeconds   from the start of the first attempt to the end of the last, with the waiting between
BillableTimeInSeconds   the attempts only
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]

STARTS = ("Starting", "Restarting")
"""The secondary statuses with which an attempt begins."""
WORK = ("Downloading", "Training", "Uploading")
"""The secondary statuses in which instances work for a job."""

DEFAULT_MAX_RUNTIME_S = 86_400.0


def present_attempt(transitions: Sequence[Document]) -> Sequence[Document]:
    """The transitions since the start of the present attempt."""
    starts = [index for index, step in enumerate(transitions) if step["Status"] in STARTS]
    return transitions[starts[-1] :] if starts else transitions


def run_seconds(record: Document, transitions: Sequence[Document], ended_at: float) -> float:
    """How long the instances have worked for a job, in all its attempts.

    ended_at: the end of the present one, if it has begun.
    """
    begun = [step["StartTime"] for step in present_attempt(transitions) if step["Status"] in WORK]
    present = max(0.0, ended_at - begun[0]) if begun else 0.0
    return float(record.get("_RunSeconds", 0.0)) + present


def times_at_end(record: Document, transitions: Sequence[Document], ended_at: float) -> Document:
    """The changes with the times of a job that has ended; none if its instances never began to work."""
    started_at = record.get("TrainingStartTime")
    if started_at is None:
        return {}
    training = max(1, round(ended_at - started_at))
    billable = max(1, round(run_seconds(record, transitions, ended_at)))
    return {"TrainingTimeInSeconds": training, "BillableTimeInSeconds": min(training, billable)}


def runtime_left_s(record: Document) -> float:
    """How long the next attempt may run: ``MaxRuntimeInSeconds`` is for all of them together."""
    longest = record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)
    return float(longest) - float(record.get("_RunSeconds", 0.0))


def wait_ends_at(record: Document) -> float | None:
    """When a job has to be over, with all its waiting; None without ``MaxWaitTimeInSeconds``."""
    longest = record.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds")
    return None if longest is None else float(record["CreationTime"] + longest)
