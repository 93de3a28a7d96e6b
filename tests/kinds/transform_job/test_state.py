"""Each edge of a transform job's life, without a process."""

from __future__ import annotations

from typing import Any

from clary.domain.hosts import HostReport, Outcome, Phase
from clary.kinds.decision import Desired, HostSeen, Seen
from clary.kinds.transform_job.component import COMPONENT
from clary.kinds.transform_job.state import launched, next_state, waiting

NOW = 100.0
PHASES = ((Phase.STARTING, 10.0), (Phase.DOWNLOADING, 11.0), (Phase.RUNNING, 12.0))
DONE = (*PHASES, (Phase.DONE, 50.0))


def job(**members: Any) -> dict[str, Any]:
    return {"TransformJobName": "score", "TransformJobStatus": "InProgress", **members}


def host(name: str = "algo-1", outcome: str = "", reason: str = "") -> HostSeen:
    report = HostReport(DONE if outcome else PHASES, outcome, reason)
    return HostSeen(name, report.to_document(), exited=bool(outcome))


def seen(*hosts: HostSeen, **more: Any) -> Seen:
    return Seen(hosts, **more)


def test_a_new_job_wants_its_hosts() -> None:
    assert next_state(job(), seen(), NOW).hosts is Desired.UNTIL_THEY_END


def test_a_job_that_can_not_be_started_fails_with_the_reason() -> None:
    decision = next_state(job(), seen(refused={"algo-1": "no such software"}), NOW)

    assert (decision.status, decision.finished) == ("Failed", True)
    assert decision.changes["FailureReason"] == "no such software"


def test_a_running_job_began_with_its_last_host() -> None:
    decision = next_state(job(), seen(host(), host("algo-2")), NOW)

    assert decision.changes == {"TransformStartTime": 11.0}
    assert decision.hosts is Desired.UNTIL_THEY_END


def test_a_job_is_completed_when_all_instances_are() -> None:
    done = Outcome.SUCCEEDED
    decision = next_state(job(), seen(host(outcome=done), host("algo-2", done)), NOW)

    assert (decision.status, decision.finished, decision.succeeded) == ("Completed", True, True)
    assert decision.changes["TransformEndTime"] == 50.0


def test_the_other_containers_end_when_those_that_send_have_ended() -> None:
    both = (host(outcome=Outcome.SUCCEEDED), host("algo-1.container-2"))

    assert next_state(job(), seen(*both), NOW).hosts is Desired.NONE

    ended = (both[0], host("algo-1.container-2", Outcome.STOPPED))
    assert next_state(job(), seen(*ended), NOW).status == "Completed"


def test_one_failure_stops_the_others_and_is_the_reason() -> None:
    failed = host("algo-2", Outcome.CLIENT_ERROR, "ClientError: s3://b/k, line 7: no")

    assert next_state(job(), seen(host(), failed), NOW).hosts is Desired.NONE

    decision = next_state(job(), seen(host(outcome=Outcome.STOPPED), failed), NOW)
    assert (decision.status, decision.succeeded) == ("Failed", False)
    assert decision.changes["FailureReason"] == "ClientError: s3://b/k, line 7: no"


def test_a_stop_is_carried_out_before_and_after_the_start() -> None:
    asked = job(_StopRequestedAt=90.0)

    assert next_state(asked, seen(), NOW).status == "Stopped"
    assert next_state(asked, seen(host()), NOW).hosts is Desired.NONE
    decision = next_state(asked, seen(host(outcome=Outcome.STOPPED)), NOW)
    assert (decision.status, decision.finished) == ("Stopped", True)


def test_what_a_job_waits_for_is_told_until_it_starts() -> None:
    assert waiting(job(), "for memory") == {"FailureReason": "for memory"}
    assert launched(job(FailureReason="for memory"), ()) == {"FailureReason": None}


def test_the_component_leads_from_the_model_and_the_data_to_the_answers() -> None:
    record = job(
        ModelName="digits",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in/"}},
            "ContentType": "text/csv",
        },
        TransformOutput={"S3OutputPath": "s3://b/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 2},
        MaxPayloadInMB=1,
        _Containers=[{"Image": "sklearn", "ModelDataUrl": "s3://b/model.tar.gz"}],
    )

    assert COMPONENT.inputs(record) == {
        "SageMaker.ImageUri": {"Value": "sklearn"},
        "TransformInput": {"Value": "s3://b/in/", "MediaType": "text/csv"},
        "SageMaker.ModelArtifact": {"Value": "s3://b/model.tar.gz"},
    }
    assert COMPONENT.parameters(record)["SageMaker.ModelName"] == {"StringValue": "digits"}
    assert COMPONENT.outputs(record) == {}
    ended = {**record, "TransformStartTime": 1.0, "TransformEndTime": 2.0}
    assert COMPONENT.outputs(ended) == {"TransformOutput": {"Value": "s3://b/out"}}
