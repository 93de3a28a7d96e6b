"""What is decided of a job's trial component, without a store."""

from __future__ import annotations

from typing import Any

import pytest

from clary.kinds.processing_job import KIND
from clary.kinds.tracking import Note, TrackingDecision, decide_tracking, merged

JOB = {
    "ProcessingJobName": "split",
    "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:processing-job/split",
    "ProcessingJobStatus": "InProgress",
    "CreationTime": 1000.0,
    "AppSpecification": {"ImageUri": "python:3.11"},
    "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
    "ProcessingOutputConfig": {
        "Outputs": [{"OutputName": "table", "S3Output": {"S3Uri": "s3://bucket/table"}}]
    },
}
ENDED = {
    **JOB,
    "ProcessingJobStatus": "Completed",
    "ProcessingStartTime": 1001.0,
    "ProcessingEndTime": 1002.0,
}
AT_WORK = Note("InProgress", 1000.0)


def made(job: dict[str, Any] = JOB) -> dict[str, Any]:
    """The component of a job as it was made."""
    decision = decide_tracking(KIND, job, None, None)
    assert decision.make is not None
    return decision.make


@pytest.mark.parametrize("note", [None, Note("Completed", 900.0)])
def test_a_job_without_a_note_of_its_own_gets_a_component(note: Note | None) -> None:
    left = {"Parameters": {"of": {"StringValue": "an earlier job"}}}

    decision = decide_tracking(KIND, JOB, note, left)

    assert (decision.make, decision.lineage, decision.note) == (made(), True, AT_WORK)


def test_nothing_is_done_while_nothing_changes() -> None:
    assert decide_tracking(KIND, JOB, AT_WORK, made()) == TrackingDecision()


def test_an_end_changes_the_component_its_lineage_and_the_note() -> None:
    decision = decide_tracking(KIND, ENDED, AT_WORK, made())

    assert decision.change is not None
    assert decision.change["Status"]["PrimaryStatus"] == "Completed"
    assert decision.change["OutputArtifacts"] == {"table": {"Value": "s3://bucket/table"}}
    assert (decision.lineage, decision.note) == (True, Note("Completed", 1000.0))


def test_a_message_alone_leaves_lineage_and_note() -> None:
    decision = decide_tracking(KIND, {**JOB, "ExitMessage": "Waiting"}, AT_WORK, made())

    assert decision.change is not None
    assert (decision.lineage, decision.note) == (False, None)


def test_a_component_that_a_caller_has_deleted_stays_away() -> None:
    assert decide_tracking(KIND, ENDED, AT_WORK, None) == TrackingDecision(note=Note("Completed", 1000.0))


def test_what_callers_have_added_stays() -> None:
    own = {"Parameters": {"mine": {"NumberValue": 1.0}}, "OutputArtifacts": {"plot": {"Value": "s3://p"}}}
    decision = decide_tracking(KIND, ENDED, AT_WORK, made() | own)
    assert decision.change is not None

    after = merged(made() | own, decision.change)

    assert after["Parameters"]["mine"] == {"NumberValue": 1.0}
    assert after["OutputArtifacts"] == {"plot": {"Value": "s3://p"}, "table": {"Value": "s3://bucket/table"}}


def test_lineage_is_followed_again_after_a_server_was_killed_between_the_two() -> None:
    up_to_date = made() | merged(made(), decide_tracking(KIND, ENDED, AT_WORK, made()).change or {})

    decision = decide_tracking(KIND, ENDED, AT_WORK, up_to_date)

    assert (decision.change, decision.lineage) == (None, True)
