"""The book of an Autopilot job: every job that it has made, in the order in which they were made.

An entry is booked in the transaction that makes its job:

    Role, Kind, Name   what the job is for, and which record it is
    Of                 the candidate, pipeline or definition of the plan that it belongs to
    Status             InProgress, Stopping, or how it ended
    StopAsked          that this Autopilot job has asked for its end
    CreationTime, EndTime, FailureReason
    Values, Model      of a candidate that has ended: the last value of each metric, and the archive

In HYPERPARAMETER_TUNING mode a tuning job makes the training jobs; they are booked when they are seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.kinds.kind import ENDED

from .metrics import OBJECTIVE_SERIES, candidate_metrics, maximizes, series_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Document = dict[str, Any]

ANALYSIS = "analysis"
PIPELINE = "pipeline"
FEATURES = "features"
TUNER = "tuner"
CANDIDATE = "candidate"
EXPLAINABILITY = "explainability"
INSIGHTS = "insights"
ENDPOINT = "endpoint"

PROCESSING_JOB = "processing-job"
TRAINING_JOB = "training-job"
TUNING_JOB = "hyper-parameter-tuning-job"
ENDPOINT_KIND = "endpoint"

_NOUNS = {
    PROCESSING_JOB: "ProcessingJob",
    TRAINING_JOB: "TrainingJob",
    TUNING_JOB: "HyperParameterTuningJob",
    ENDPOINT_KIND: "Endpoint",
}

_OVER = (*ENDED, "InService", "OutOfService", "Deleting")
"""Statuses after which nothing is awaited of a record. An endpoint that serves is one."""

REASON_LIMIT = 1024
MOST_REASONS = 5
"""The model's limit of PartialFailureReasons."""

FAILURES_BEFORE_END = 5
"""An Autopilot job whose first candidates have all failed ends after so many, as a tuning job does."""


def new_entry(role: str, kind: str, name: str, now: float, of: str = "") -> Document:
    entry = {"Role": role, "Kind": kind, "Name": name, "Status": "InProgress", "CreationTime": now}
    return entry | ({"Of": of} if of else {})


def is_at_work(entry: Document) -> bool:
    return entry["Status"] in ("InProgress", "Stopping")


def entries_of(book: Iterable[Document], role: str) -> list[Document]:
    return [entry for entry in book if entry["Role"] == role]


def settled(entry: Document, record: Document | None, now: float) -> Document:
    """An entry as its record is by now. record: None if it was deleted."""
    if not is_at_work(entry):
        return entry
    if record is None:
        gone = f"{entry['Name']} was deleted before its end was seen."
        return {**entry, "Status": "Stopped", "EndTime": now, "FailureReason": gone}
    status = record[f"{_NOUNS[entry['Kind']]}Status"]
    if status not in _OVER:
        return entry
    ended = {**entry, "Status": status, "EndTime": now}
    if reason := _reason(record, status):
        ended["FailureReason"] = reason[:REASON_LIMIT]
    if entry["Role"] in (CANDIDATE, PIPELINE):
        ended |= _result(record)
    if entry["Role"] == PIPELINE and status == "Completed" and "Model" not in ended:
        ended |= {"Status": "Failed", "FailureReason": f"{entry['Name']} has left no archive."}
    return ended


def best_of(book: Iterable[Document], metric: str) -> Document | None:
    """The last candidate that has the best value, of those that left a model; None without one.

    An ensemble of the others comes last. Where it has the same value, it is the safer choice.
    """
    valued = [
        (value, entry)
        for entry in entries_of(book, CANDIDATE)
        if (value := value_of(entry, metric)) is not None
    ]
    if not valued:
        return None
    best = (max if maximizes(metric) else min)(value for value, _ in valued)
    return next(entry for value, entry in reversed(valued) if value == best)


def value_of(entry: Document, metric: str) -> float | None:
    """The objective of a candidate that has ended and left a model; None without it."""
    if entry["Status"] not in ("Completed", "Stopped") or "Model" not in entry:
        return None
    value: float | None = entry.get("Values", {}).get(series_of(metric))
    return value


def why_no_value(entry: Document, metric: str) -> str:
    """Why a candidate that has ended can't be the best; empty if it can, or was stopped."""
    if entry["Status"] == "Failed":
        return f"{entry['Name']} failed: {entry.get('FailureReason', 'no reason was given')}"
    if entry["Status"] == "Completed" and value_of(entry, metric) is None:
        lacking = "has left no model" if "Model" not in entry else f"has logged no {series_of(metric)}"
        return f"{entry['Name']} completed, but {lacking}."
    return ""


def partial_failures(book: Sequence[Document], metric: str | None) -> list[Document]:
    """``PartialFailureReasons``: of candidates, pipelines and reports that failed."""
    reasons = []
    for entry in book:
        if entry.get("StopAsked"):
            continue
        if entry["Role"] == CANDIDATE and metric is not None:
            reasons.append(why_no_value(entry, metric))
        elif entry["Role"] in (PIPELINE, FEATURES, EXPLAINABILITY, INSIGHTS, ENDPOINT) and failed(entry):
            reasons.append(f"{entry['Name']} failed: {entry.get('FailureReason', 'no reason was given')}")
    reasons = [reason for reason in reasons if reason]
    if len(reasons) > MOST_REASONS:
        more = len(reasons) - MOST_REASONS + 1
        reasons = [*reasons[: MOST_REASONS - 1], f"{more} further jobs failed."]
    return [{"PartialFailureMessage": reason[:REASON_LIMIT]} for reason in reasons]


def failed(entry: Document) -> bool:
    """Whether a job that is no candidate ended otherwise than well."""
    return not is_at_work(entry) and entry["Status"] not in ("Completed", "InService")


def hopeless(book: Sequence[Document], metric: str, most: int) -> str:
    """Why no candidate can succeed; empty while one can. most: how many candidates there will be."""
    ended = [entry for entry in entries_of(book, CANDIDATE) if not is_at_work(entry)]
    if any(value_of(entry, metric) is not None for entry in ended):
        return ""
    reasons = [reason for entry in ended if (reason := why_no_value(entry, metric))]
    if len(reasons) < len(ended) or len(ended) < min(FAILURES_BEFORE_END, most):
        return ""
    return f"All candidates failed. The first, {reasons[0]}"


def _reason(record: Document, status: str) -> str:
    if status == "Completed":
        return ""
    if record.get("SecondaryStatus") == "MaxRuntimeExceeded":
        return f"It trained longer than {record['StoppingCondition']['MaxRuntimeInSeconds']} s."
    # What the program says of the data is better than the exit code beside it.
    said = str(record.get("ExitMessage") or "").strip()
    return said or str(record.get("FailureReason") or "")


def _result(job: Document) -> Document:
    finals = {final["MetricName"]: float(final["Value"]) for final in job.get("FinalMetricDataList", ())}
    known = candidate_metrics(finals)
    values = {name: value for name, value in finals.items() if name != OBJECTIVE_SERIES} if known else {}
    model = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    return ({"Values": values} if values else {}) | ({"Model": model} if model else {})
