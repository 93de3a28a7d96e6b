"""The whole life of an Autopilot job, as a pure function. On the right, AWS's secondary statuses.

    InProgress   the data is analysed and split (a processing job)                      AnalyzingData
                 its plan is read; GenerateCandidateDefinitionsOnly ends here           FeatureEngineering
                 HYPERPARAMETER_TUNING: each pipeline is fitted, and applied
                 ENSEMBLING: candidates are trained, some at once                       ModelTuning
                 HYPERPARAMETER_TUNING: one tuning job trains them
                 two reports about the best candidate                                   Generating...Report
                 ModelDeployConfig: its endpoint                                        DeployingModel
                 all is done, or hopeless, or out of time ──> _Ending: jobs are stopped  ─┐
    Stopping     asked for by a caller ──> _Ending                                       ─┤
                                                                                          ├─> Completed
                 the last job has ended                                                  ─┼─> Failed
                                                                                          └─> Stopped

A job is booked in the transaction that makes it. So a server that is killed at any moment has neither lost
nor doubled one. A candidate, a pipeline or a report that fails is told in PartialFailureReasons; the others
go on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.kinds.decision import REASON_LIMIT, Decision, ToStop, changed

from .book import (
    ANALYSIS,
    CANDIDATE,
    ENDPOINT,
    ENDPOINT_KIND,
    EXPLAINABILITY,
    FEATURES,
    INSIGHTS,
    MOST_REASONS,
    PIPELINE,
    TRAINING_JOB,
    TUNER,
    TUNING_JOB,
    best_of,
    entries_of,
    failed,
    hopeless,
    is_at_work,
    new_entry,
    partial_failures,
    settled,
)
from .deployment import names_of
from .forms import ENSEMBLING, wishes_of
from .request import told_at_once
from .stages import PLAN, are_all_pipelines_failed, are_reports_done, go_on, is_trained, most_candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clary.kinds.decision import RecordKey, Seen

Document = dict[str, Any]


def follows(record: Document) -> Iterable[RecordKey]:
    """The jobs that have not ended."""
    return [(entry["Kind"], entry["Name"]) for entry in record["_Book"] if is_at_work(entry)]


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done next. Ends of jobs are written first; the next step sees them."""
    book = _with_ends(record, seen, now)
    changes: Document = {}
    if book != record["_Book"]:
        changes = {"_Book": book}
        reasons = partial_failures(book, record.get("_Plan", {}).get("Metric"))
        if told := [*told_at_once(record), *reasons]:
            changes["PartialFailureReasons"] = told[:MOST_REASONS]
    present = {**record, **changes}
    ending = _ending(present, seen, now)
    if ending is not None:
        return _end(present, changes, ending, now)
    decision = Decision(changes) if changes else go_on(present, seen, now)
    # Only the time, not a record, says when the limit is reached.
    return replace(decision, again=wishes_of(record).max_runtime_s is not None)


def _with_ends(record: Document, seen: Seen, now: float) -> list[Document]:
    """The book with the ends of jobs, and with the training jobs that the tuning job has made."""
    book: list[Document] = []
    for entry in record["_Book"]:
        key = (entry["Kind"], entry["Name"])
        book.append(settled(entry, seen.records[key], now) if key in seen.records else entry)
    for tuner in entries_of(record["_Book"], TUNER):
        known = {entry["Name"] for entry in book}
        job = seen.records.get((TUNING_JOB, tuner["Name"])) or {}
        pipelines = {each["Name"]: each["Pipeline"] for each in record["_Plan"]["Definitions"]}
        book += [
            new_entry(
                CANDIDATE,
                TRAINING_JOB,
                trial["TrainingJobName"],
                trial["CreationTime"],
                pipelines.get(trial.get("TrainingJobDefinitionName", ""), ""),
            )
            for trial in job.get("_Trials", ())
            if trial["TrainingJobName"] not in known
        ]
    return book


def _ending(record: Document, seen: Seen, now: float) -> Document | None:
    """How it is to end: the status, the secondary one and a reason; None while it goes on."""
    if "_StopRequestedAt" in record:
        return {"Status": "Stopped", "Secondary": "Stopped"}
    if "_Ending" in record:
        found: Document = record["_Ending"]
        return found
    for name, reason in seen.refused.items():
        if name in names_of(record):
            return {"Status": "Completed", "Secondary": "ModelDeploymentError", "Partial": reason}
        return _failure(reason)
    if reason := _hopeless(record, seen):
        return _failure(reason)
    limit = wishes_of(record).max_runtime_s
    if limit is not None and now - record["CreationTime"] >= limit:
        return {"Status": "Completed", "Secondary": "MaxAutoMLJobRuntimeReached"}
    return _done(record)


def _failure(reason: str) -> Document:
    return {"Status": "Failed", "Secondary": "Failed", "Reason": reason}


def _hopeless(record: Document, seen: Seen) -> str:
    """Why the job can't succeed; empty while it can."""
    book = record["_Book"]
    for entry in filter(failed, entries_of(book, ANALYSIS)):
        return str(entry.get("FailureReason") or f"{entry['Name']}, which analyses the data, was stopped.")
    if "_Plan" not in record:
        return str(seen.answers.get(PLAN, {}).get("Refused", ""))
    plan = record["_Plan"]
    if plan["Mode"] != ENSEMBLING and are_all_pipelines_failed(record):
        first = next(filter(failed, [*entries_of(book, PIPELINE), *entries_of(book, FEATURES)]))
        return f"All pipelines failed. The first, {_why(first)}"
    if reason := hopeless(book, plan["Metric"], most_candidates(record, plan)):
        return reason
    if is_trained(record) and best_of(book, plan["Metric"]) is None:
        tuners = [entry for entry in entries_of(book, TUNER) if "FailureReason" in entry]
        return _why(tuners[0]) if tuners else _why_none(record)
    return ""


def _why_none(record: Document) -> str:
    limit = wishes_of(record).max_runtime_of_training_s
    if limit is None:
        return "No candidate was trained to its end."
    return (
        f"No candidate was trained within MaxRuntimePerTrainingJobInSeconds ({limit}); give them more time."
    )


def _why(entry: Document) -> str:
    return f"{entry['Name']}: {entry.get('FailureReason', 'it was stopped')}"


def _done(record: Document) -> Document | None:
    if "_Plan" not in record:
        return None
    if wishes_of(record).definitions_only:
        return {"Status": "Completed", "Secondary": "CandidateDefinitionsGenerated"}
    if not is_trained(record) or not are_reports_done(record):
        return None
    endpoints = entries_of(record["_Book"], ENDPOINT)
    if "_EndpointName" in record and (not endpoints or any(map(is_at_work, endpoints))):
        return None
    for role, secondary in (
        (ENDPOINT, "ModelDeploymentError"),
        (EXPLAINABILITY, "ExplainabilityError"),
        (INSIGHTS, "ModelInsightsError"),
    ):
        if any(map(failed, entries_of(record["_Book"], role))):
            return {"Status": "Completed", "Secondary": secondary}
    return {"Status": "Completed", "Secondary": "Completed"}


def _end(record: Document, changes: Document, ending: Document, now: float) -> Decision:
    """Stops the jobs that run, and ends when the last one has ended. An endpoint that is made stays."""
    changes = changed(record, {"_Ending": ending}) | changes
    awaited = [entry for entry in record["_Book"] if is_at_work(entry) and entry["Kind"] != ENDPOINT_KIND]
    if awaited:
        return _stop(record, changes, awaited, now)
    status, secondary, reason = ending["Status"], ending["Secondary"], ending.get("Reason", "")
    if secondary == "MaxAutoMLJobRuntimeReached" and _best(record) is None:
        limit = wishes_of(record).max_runtime_s
        status, secondary = "Failed", "Failed"
        reason = f"No candidate was trained within MaxAutoMLJobRuntimeInSeconds ({limit}); give it more time."
    changes |= {"AutoMLJobStatus": status, "AutoMLJobSecondaryStatus": secondary, "EndTime": now}
    if reason:
        changes["FailureReason"] = reason[:REASON_LIMIT]
    if "Partial" in ending:
        told = record.get("PartialFailureReasons", [])[: MOST_REASONS - 1]
        changes["PartialFailureReasons"] = [
            *told,
            {"PartialFailureMessage": ending["Partial"][:REASON_LIMIT]},
        ]
    if any(entry["Status"] == "InService" for entry in entries_of(record["_Book"], ENDPOINT)):
        changes["ModelDeployResult"] = {"EndpointName": record["_EndpointName"]}
    return Decision(changes, status, finished=True, succeeded=status == "Completed")


def _stop(record: Document, changes: Document, awaited: Sequence[Document], now: float) -> Decision:
    # A tuning job stops its training jobs itself.
    tuned = any(entry["Role"] == TUNER for entry in awaited)
    stop = [
        entry
        for entry in awaited
        if entry["Status"] == "InProgress" and not (tuned and entry["Role"] == CANDIDATE)
    ]
    if stop:
        names = {entry["Name"] for entry in stop}
        changes = {
            **changes,
            "_Book": [
                {**entry, "Status": "Stopping", "StopAsked": True} if entry["Name"] in names else entry
                for entry in record["_Book"]
            ],
        }
    if "_StopRequestedAt" in record:
        changes |= changed(record, {"AutoMLJobSecondaryStatus": "Stopping"})
    return Decision(changes, stop=[ToStop(entry["Kind"], entry["Name"]) for entry in stop])


def _best(record: Document) -> Document | None:
    return best_of(record["_Book"], record["_Plan"]["Metric"]) if "_Plan" in record else None
