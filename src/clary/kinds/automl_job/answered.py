"""What DescribeAutoMLJob and its neighbours answer: the record, with its candidates as AWS shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import Arn

from .book import (
    ANALYSIS,
    CANDIDATE,
    EXPLAINABILITY,
    FEATURES,
    INSIGHTS,
    PIPELINE,
    PROCESSING_JOB,
    TRAINING_JOB,
    best_of,
    entries_of,
    is_at_work,
    value_of,
    why_no_value,
)
from .jobs import inference_container
from .locations import locations_of
from .metrics import candidate_metrics, maximizes

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]

_STEP_TYPES = {
    PROCESSING_JOB: "AWS::SageMaker::ProcessingJob",
    TRAINING_JOB: "AWS::SageMaker::TrainingJob",
}


def answered(record: Document) -> Document:
    """The record with BestCandidate, as soon as there is one."""
    found = {
        **record,
        "GenerateCandidateDefinitionsOnly": bool(record.get("GenerateCandidateDefinitionsOnly")),
    }
    if record["AutoMLJobStatus"] == "Stopping":
        # A caller sees its own stop at once, before the loop has seen it.
        found["AutoMLJobSecondaryStatus"] = "Stopping"
    if "_Plan" in record and (best := best_of(record["_Book"], record["_Plan"]["Metric"])) is not None:
        found["BestCandidate"] = candidate(record, best)
    return found


def candidates_of(record: Document) -> list[Document]:
    """All candidates in the order of their creation."""
    return [candidate(record, entry) for entry in entries_of(record["_Book"], CANDIDATE)]


def candidate(record: Document, entry: Document) -> Document:
    """A candidate as AWS shows it."""
    plan, metric = record["_Plan"], record["_Plan"]["Metric"]
    value = value_of(entry, metric)
    found: Document = {
        "CandidateName": entry["Name"],
        "CandidateStatus": entry["Status"],
        "ObjectiveStatus": "Pending" if is_at_work(entry) else "Failed" if value is None else "Succeeded",
        "CandidateSteps": [_step(record, each) for each in _steps(record, entry)],
        "CreationTime": entry["CreationTime"],
        "LastModifiedTime": entry.get("EndTime", entry["CreationTime"]),
        "CandidateProperties": _properties(record, entry),
    }
    if "EndTime" in entry:
        found["EndTime"] = entry["EndTime"]
    if value is not None:
        found["FinalAutoMLJobObjectiveMetric"] = {
            "Type": "Maximize" if maximizes(metric) else "Minimize",
            "MetricName": metric,
            "StandardMetricName": metric,
            "Value": value,
        }
        found["InferenceContainers"] = [inference_container(plan, entry["Model"])]
    elif not is_at_work(entry) and (reason := entry.get("FailureReason") or why_no_value(entry, metric)):
        found["FailureReason"] = reason
    return found


def _steps(record: Document, entry: Document) -> Sequence[Document]:
    """The jobs that made a candidate, in their order."""
    book = record["_Book"]
    before = [
        each
        for role in (PIPELINE, FEATURES)
        for each in entries_of(book, role)
        if each["Of"] == entry.get("Of")
    ]
    return [*entries_of(book, ANALYSIS), *before, entry]


def _step(record: Document, entry: Document) -> Document:
    own = Arn.parse(record["AutoMLJobArn"])
    job = f"{entry['Kind']}/{entry['Name'].lower()}"
    return {
        "CandidateStepType": _STEP_TYPES[entry["Kind"]],
        "CandidateStepArn": str(Arn(own.service, own.region, own.account, job)),
        "CandidateStepName": entry["Name"],
    }


def _properties(record: Document, entry: Document) -> Document:
    locations = locations_of(record)
    found: Document = {"CandidateMetrics": candidate_metrics(entry.get("Values", {}))}
    reports = {
        member: location
        for member, role, location in (
            ("Explainability", EXPLAINABILITY, locations.explainability(entry["Name"])),
            ("ModelInsights", INSIGHTS, locations.insights(entry["Name"])),
        )
        if any(
            report["Of"] == entry["Name"] and report["Status"] == "Completed"
            for report in entries_of(record["_Book"], role)
        )
    }
    return found | ({"CandidateArtifactLocations": reports} if reports else {})
