from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from clary.domain.errors import BadRequest, NotFound, PlatformError, ResourceInUse, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.jobs.processing_job import (
    create_processing_job,
    delete_processing_job,
    describe_processing_job,
    list_processing_jobs,
    stop_processing_job,
)
from clary.services.sagemaker.tags import list_tags

REQUEST: dict[str, Any] = {
    "ProcessingJobName": "Split",
    "AppSpecification": {"ImageUri": "sagemaker-scikit-learn:1.2-1", "ContainerEntrypoint": ["python3"]},
    "RoleArn": "arn:aws:iam::123456789012:role/Worker",
    "ProcessingResources": {
        "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    },
}
ARN = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/split"


class OneImage:
    """A machine that knows scikit-learn and no more than two hosts."""

    def repository_of(self, image_uri: str) -> str:
        return ""

    def isolates(self, image_uri: str) -> bool:
        return False

    def check_image(self, image_uri: str) -> None:
        if "scikit-learn" not in image_uri:
            raise BadRequest(f"No image here is called {image_uri!r}. There are: sagemaker-scikit-learn.")

    def check_cluster(self, instance_type: str, instance_count: int) -> None:
        if instance_count > 2:
            raise BadRequest(f"{instance_count} hosts of {instance_type} are too many")


@pytest.fixture
def ctx(ctx: Context) -> Context:
    return replace(ctx, machines=OneImage())


def request(**members: Any) -> Any:
    return {**copy.deepcopy(REQUEST), **members}


def cluster(**members: Any) -> dict[str, Any]:
    return {"ProcessingResources": {"ClusterConfig": {"VolumeSizeInGB": 1, **members}}}


def given(name: str = "data", **source: Any) -> dict[str, Any]:
    s3 = {"S3Uri": "s3://b/p", "LocalPath": f"/opt/ml/processing/{name}", "S3DataType": "S3Prefix"}
    return {"InputName": name, "S3Input": {**s3, **source}}


def taken(name: str = "out", **target: Any) -> dict[str, Any]:
    s3 = {"S3Uri": "s3://b/o", "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": {**s3, **target}}


def outputs(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"ProcessingOutputConfig": {"Outputs": list(entries)}}


def end(ctx: Context, status: str = "Completed") -> None:
    ctx.records.update("processing-job", "Split", {"ProcessingJobStatus": status}, status=status)


def test_a_created_job_is_described_as_it_was_asked_for(ctx: Context) -> None:
    wishes = request(
        ProcessingInputs=[given()],
        **outputs(taken()),
        Environment={"A": "1"},
        ExperimentConfig={"TrialComponentDisplayName": "Split"},
        NetworkConfig={"EnableNetworkIsolation": False},
    )

    answer = create_processing_job(ctx, wishes)

    described = describe_processing_job(ctx, {"ProcessingJobName": "Split"})
    assert answer == {"ProcessingJobArn": ARN}
    assert described["ProcessingJobStatus"] == "InProgress"
    assert described["StoppingCondition"] == {"MaxRuntimeInSeconds": 86_400}
    assert described["Environment"] == {"A": "1"}
    assert wishes["ProcessingInputs"][0]["S3Input"].items() <= (
        described["ProcessingInputs"][0]["S3Input"].items()
    )
    assert described["ProcessingOutputConfig"]["Outputs"][0]["S3Output"] == taken()["S3Output"]
    members = ("ProcessingJobName", "AppSpecification", "RoleArn", "ExperimentConfig", "NetworkConfig")
    assert {member: described[member] for member in members} == {member: wishes[member] for member in members}


def test_a_name_is_used_once_whatever_its_case(ctx: Context) -> None:
    create_processing_job(ctx, request())

    with pytest.raises(ResourceInUse, match=ARN):
        create_processing_job(ctx, request(ProcessingJobName="split"))


def test_a_training_job_may_have_the_same_name(ctx: Context) -> None:
    ctx.records.insert("training-job", "Split", {}, arn=ARN.replace("processing", "training"))

    assert create_processing_job(ctx, request()) == {"ProcessingJobArn": ARN}


def test_tags_are_kept_beside_the_record(ctx: Context) -> None:
    tags = [{"Key": "team", "Value": "vision"}]

    create_processing_job(ctx, request(Tags=tags))

    assert list_tags(ctx, {"ResourceArn": ARN})["Tags"] == tags
    assert "Tags" not in describe_processing_job(ctx, {"ProcessingJobName": "Split"})


def test_the_first_of_several_instance_types_is_selected(ctx: Context) -> None:
    preferences = [{"InstanceType": "ml.c5.large", "InstanceCount": 2}, {"InstanceType": "ml.m5.large"}]

    create_processing_job(ctx, request(**cluster(InstancePreferences=preferences)))

    described = describe_processing_job(ctx, {"ProcessingJobName": "Split"})
    found = described["ProcessingResources"]["ClusterConfig"]
    assert (found["SelectedInstanceType"], found["SelectedInstanceCount"]) == ("ml.c5.large", 2)
    assert found["InstancePreferences"] == preferences


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            {"AppSpecification": {"ImageUri": "mine:1", "ContainerEntrypoint": ["x"]}},
            "No image here is called",
        ),
        (cluster(InstanceType="ml.m5.large", InstanceCount=3), "3 hosts of ml.m5.large are too many"),
        (cluster(InstanceCount=1), "needs InstanceType or InstancePreferences"),
        (
            cluster(InstanceType="ml.m5.large", InstancePreferences=[{"InstanceType": "ml.m5.large"}]),
            "needs InstanceType or InstancePreferences",
        ),
        (cluster(InstanceType="ml.m5.large", SelectedInstanceCount=1), "SelectedInstanceCount is an answer"),
        (
            cluster(InstancePreferences=[{"InstanceType": "ml.m5.large", "InstanceCount": 3}]),
            "3 hosts of ml.m5.large are too many",
        ),
        ({"NetworkConfig": {"EnableNetworkIsolation": True}}, "EnableNetworkIsolation is true"),
        ({"ProcessingInputs": [given(), given()]}, "the InputName data is used twice"),
        ({"ProcessingInputs": [given("")]}, "InputName is empty"),
        ({"ProcessingInputs": [given(LocalPath="/data")]}, "LocalPath is '/data'; it has to begin with"),
        ({"ProcessingInputs": [given(LocalPath="/opt/ml/processing/../x")]}, "it has to begin with"),
        ({"ProcessingInputs": [given(LocalPath="/opt/ml/processing/")]}, "it has to begin with"),
        (
            {"ProcessingInputs": [given("a"), given("b", LocalPath="/opt/ml/processing/a/")]},
            "ProcessingInputs b: LocalPath /opt/ml/processing/a is that of a too",
        ),
        ({"ProcessingInputs": [given(S3Uri="https://b/p")]}, "it has to begin with s3://"),
        ({"ProcessingInputs": [given(S3InputMode="Pipe")]}, "S3InputMode Pipe is not served"),
        ({"ProcessingInputs": [{"InputName": "a"}]}, "ProcessingInputs a: S3Input is required"),
        (
            {"ProcessingInputs": [{"InputName": "a", "DatasetDefinition": {}}]},
            "ProcessingInputs a: DatasetDefinition",
        ),
        (outputs(taken(), taken()), "the OutputName out is used twice"),
        (outputs(taken(LocalPath="/tmp/x")), "Outputs out: S3Output.LocalPath is '/tmp/x'"),
        (outputs(taken(S3Uri="https://b/o")), "it has to begin with s3://"),
        (outputs({"OutputName": "o"}), "Outputs o: S3Output is required"),
        (
            outputs({"OutputName": "o", "FeatureStoreOutput": {"FeatureGroupName": "g"}}),
            "FeatureStoreOutput is not served",
        ),
        ({"ExperimentConfig": {"TrialName": "nothing"}}, "'nothing' does not exist"),
    ],
)
def test_what_can_not_be_served_is_refused_by_name(ctx: Context, members: dict[str, Any], said: str) -> None:
    with pytest.raises(PlatformError) as refused:
        create_processing_job(ctx, request(**members))

    assert said in refused.value.message
    assert ctx.records.names("processing-job") == []


def test_what_the_container_manages_itself_needs_no_local_path(ctx: Context) -> None:
    own_input = {**given(), "AppManaged": True}
    own_output = {**taken(), "AppManaged": True}
    for entry, member in ((own_input, "S3Input"), (own_output, "S3Output")):
        del entry[member]["LocalPath"]

    create_processing_job(ctx, request(ProcessingInputs=[own_input], **outputs(own_output)))

    assert ctx.records.names("processing-job") == ["Split"]


def test_arguments_alone_are_a_command(ctx: Context) -> None:
    application = {"ImageUri": "sagemaker-scikit-learn:1.2-1", "ContainerArguments": ["python3", "-V"]}

    create_processing_job(ctx, request(AppSpecification=application))

    assert ctx.records.names("processing-job") == ["Split"]


@pytest.mark.parametrize("operation", [describe_processing_job, stop_processing_job, delete_processing_job])
def test_a_job_that_is_not_there_is_missed_in_awss_words(ctx: Context, operation: Any) -> None:
    with pytest.raises(NotFound, match="Could not find requested job with name: nothing") as missed:
        operation(ctx, {"ProcessingJobName": "nothing"})

    assert (missed.value.code, missed.value.http_status) == ("ValidationException", 400)


def test_a_stop_is_seen_at_once_and_may_be_repeated(ctx: Context) -> None:
    create_processing_job(ctx, request())

    for _ in range(2):
        stop_processing_job(ctx, {"ProcessingJobName": "Split"})

    record = describe_processing_job(ctx, {"ProcessingJobName": "Split"})
    assert record["ProcessingJobStatus"] == "Stopping"
    assert record["_StopRequestedAt"] == ctx.now()


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_stop_on_a_finished_job_is_refused(ctx: Context, status: str) -> None:
    create_processing_job(ctx, request())
    end(ctx, status)

    with pytest.raises(ValidationError, match=f"is in status {status}"):
        stop_processing_job(ctx, {"ProcessingJobName": "Split"})


def test_only_a_finished_job_is_deleted_and_its_tags_with_it(ctx: Context) -> None:
    create_processing_job(ctx, request(Tags=[{"Key": "team", "Value": "vision"}]))
    with pytest.raises(ResourceInUse, match="Split is InProgress"):
        delete_processing_job(ctx, {"ProcessingJobName": "Split"})
    end(ctx)

    delete_processing_job(ctx, {"ProcessingJobName": "Split"})

    assert ctx.records.names("processing-job") == []
    assert ctx.tags.get(ARN) == {}


def test_a_job_begins_without_the_metrics_of_a_deleted_one_of_its_name(ctx: Context) -> None:
    create_processing_job(ctx, request())
    ctx.metrics.append(ARN, [("loss", 1.0, 0, 0.5)], sequence=("Split/algo-1", 0))
    end(ctx)
    delete_processing_job(ctx, {"ProcessingJobName": "Split"})
    kept = len(ctx.metrics.summaries(ARN))

    create_processing_job(ctx, request())

    assert (kept, ctx.metrics.summaries(ARN)) == (1, [])
    assert ctx.metrics.append(ARN, [("loss", 2.0, 0, 0.25)], sequence=("Split/algo-1", 0)) == 1


def test_lists_filter_by_name_and_status(ctx: Context) -> None:
    for name in ("Split", "Report"):
        create_processing_job(ctx, request(ProcessingJobName=name))
    end(ctx)

    def listed(**wishes: Any) -> list[str]:
        found = list_processing_jobs(ctx, {**wishes})["ProcessingJobSummaries"]  # type: ignore[typeddict-item]
        return [summary["ProcessingJobName"] for summary in found]

    assert listed() == ["Split", "Report"]
    assert listed(StatusEquals="Completed") == ["Split"]
    assert listed(NameContains="epo") == ["Report"]


def test_a_job_may_leave_the_command_to_its_image(ctx: Context) -> None:
    application = {"ImageUri": "sagemaker-scikit-learn:1.2-1"}

    create_processing_job(ctx, request(AppSpecification=application))

    assert describe_processing_job(ctx, {"ProcessingJobName": "Split"})["AppSpecification"] == application
