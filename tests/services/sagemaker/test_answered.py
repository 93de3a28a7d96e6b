"""Members that clients read without a default, and those that the model says are always there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.conftest import ACCOUNT, REGION

from clary.server.registry import find_operation
from clary.services.context import Context
from clary.services.sagemaker._answered import ANSWERED, answered
from clary.wire.models import service_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

SMALLEST: list[tuple[str, dict[str, Any]]] = [
    (
        "CreateTrainingJob",
        {
            "TrainingJobName": "Digits",
            "AlgorithmSpecification": {"TrainingImage": "pytorch", "TrainingInputMode": "File"},
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Trainer",
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/p"}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            "StoppingCondition": {},
            "DebugHookConfig": {"S3OutputPath": "s3://b/d"},
        },
    ),
    (
        "CreateProcessingJob",
        {
            "ProcessingJobName": "Split",
            "AppSpecification": {"ImageUri": "python", "ContainerEntrypoint": ["true"]},
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Trainer",
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstancePreferences": [{"InstanceType": "ml.m5.large", "InstanceCount": 1}],
                    "VolumeSizeInGB": 1,
                }
            },
            "ProcessingInputs": [
                {
                    "InputName": "data",
                    "S3Input": {
                        "S3Uri": "s3://b/p",
                        "S3DataType": "S3Prefix",
                        "LocalPath": "/opt/ml/processing/in",
                    },
                }
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "theirs",
                        "AppManaged": True,
                        "S3Output": {"S3Uri": "s3://b/o", "S3UploadMode": "EndOfJob"},
                    }
                ]
            },
        },
    ),
    ("CreateExperiment", {"ExperimentName": "e"}),
    ("CreateTrial", {"TrialName": "t", "ExperimentName": "e"}),
    ("CreateTrialComponent", {"TrialComponentName": "c"}),
    ("AssociateTrialComponent", {"TrialComponentName": "c", "TrialName": "t"}),
    ("CreateArtifact", {"ArtifactType": "DataSet", "Source": {"SourceUri": "s3://b/p"}}),
    ("CreateAction", {"ActionName": "a", "ActionType": "Approve", "Source": {"SourceUri": "x"}}),
    ("CreateContext", {"ContextName": "x", "ContextType": "Endpoint", "Source": {"SourceUri": "x"}}),
]
"""Requests with what is required and nothing else, in an order in which they can be made."""

READ = [
    # Estimator.attach, of every framework
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "RoleArn"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "ResourceConfig.InstanceCount"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "ResourceConfig.InstanceType"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "ResourceConfig.VolumeSizeInGB"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "StoppingCondition.MaxRuntimeInSeconds"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "AlgorithmSpecification.TrainingInputMode"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "OutputDataConfig.S3OutputPath"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "OutputDataConfig.KmsKeyId"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "InputDataConfig.0.ChannelName"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "InputDataConfig.0.CompressionType"),
    # TrainingJobAnalytics, and the copy of a job's metrics to MLflow
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "AlgorithmSpecification.MetricDefinitions"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "HyperParameters"),
    # wait and logs
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "SecondaryStatusTransitions.0.StatusMessage"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "LastModifiedTime"),
    # a remote function's result, smdebug's TrainingJob
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "Environment"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "ProfilerConfig"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "ProfilingStatus"),
    ("DescribeTrainingJob", {"TrainingJobName": "Digits"}, "DebugHookConfig.CollectionConfigurations"),
    # ProcessingJob.from_processing_name, and its logs
    ("DescribeProcessingJob", {"ProcessingJobName": "Split"}, "ProcessingInputs.0.InputName"),
    ("DescribeProcessingJob", {"ProcessingJobName": "Split"}, "ProcessingInputs.0.AppManaged"),
    (
        "DescribeProcessingJob",
        {"ProcessingJobName": "Split"},
        "ProcessingInputs.0.S3Input.S3DataDistributionType",
    ),
    (
        "DescribeProcessingJob",
        {"ProcessingJobName": "Split"},
        "ProcessingOutputConfig.Outputs.0.S3Output.LocalPath",
    ),
    (
        "DescribeProcessingJob",
        {"ProcessingJobName": "Split"},
        "ProcessingResources.ClusterConfig.InstanceCount",
    ),
    ("DescribeProcessingJob", {"ProcessingJobName": "Split"}, "StoppingCondition.MaxRuntimeInSeconds"),
    # ExperimentAnalytics, Tracker, the classes of the lineage
    ("DescribeExperiment", {"ExperimentName": "e"}, "DisplayName"),
    ("DescribeTrial", {"TrialName": "t"}, "DisplayName"),
    ("DescribeTrialComponent", {"TrialComponentName": "c"}, "DisplayName"),
    ("DescribeTrialComponent", {"TrialComponentName": "c"}, "Parameters"),
    ("DescribeTrialComponent", {"TrialComponentName": "c"}, "InputArtifacts"),
    ("DescribeTrialComponent", {"TrialComponentName": "c"}, "OutputArtifacts"),
    ("DescribeTrialComponent", {"TrialComponentName": "c"}, "Metrics"),
    ("Search", {"Resource": "ExperimentTrialComponent"}, "Results.0.TrialComponent.Parameters"),
    ("Search", {"Resource": "ExperimentTrialComponent"}, "Results.0.TrialComponent.Parents.0.ExperimentName"),
    ("Search", {"Resource": "TrainingJob"}, "Results.0.TrainingJob.OutputDataConfig.KmsKeyId"),
    ("DescribeAction", {"ActionName": "a"}, "Properties"),
    ("DescribeContext", {"ContextName": "x"}, "Properties"),
    ("ListArtifacts", {}, "ArtifactSummaries.0.Source.SourceUri"),
    ("ListTags", {"ResourceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/digits"}, "Tags"),
]
"""Operation, request, and a member of its answer that a client of AWS reads as if it were always there."""


class AnyMachine:
    serverless_idle_s = 300.0

    def repository_of(self, image_uri: str) -> str:
        return ""

    def isolates(self, image_uri: str) -> bool:
        return False

    def check_image(self, image_uri: str) -> None: ...

    def algorithm_metrics(self, image_uri: str) -> tuple[tuple[str, str], ...]:
        return ()

    def check_cluster(self, instance_type: str, instance_count: int) -> None: ...


@pytest.fixture
def ctx(ctx: Context) -> Context:
    made = replace(ctx, machines=AnyMachine())
    for operation, request in SMALLEST:
        call(made, operation, request)
    return made


def call(ctx: Context, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    return find_operation("sagemaker", operation)(ctx, request) or {}


@pytest.mark.parametrize(("operation", "request_", "path"), READ)
def test_a_member_that_clients_read_is_always_answered(
    ctx: Context, operation: str, request_: dict[str, Any], path: str
) -> None:
    found: Any = call(ctx, operation, request_)

    for step in path.split("."):
        found = found[int(step) if step.isdigit() else step]
    assert found is not None


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("DescribeTrainingJob", {"TrainingJobName": "Digits"}),
        ("DescribeProcessingJob", {"ProcessingJobName": "Split"}),
        ("DescribeExperiment", {"ExperimentName": "e"}),
        ("DescribeTrial", {"TrialName": "t"}),
        ("DescribeTrialComponent", {"TrialComponentName": "c"}),
        ("DescribeAction", {"ActionName": "a"}),
        ("DescribeContext", {"ContextName": "x"}),
        ("ListTrainingJobs", {}),
        ("ListProcessingJobs", {}),
        ("ListExperiments", {}),
        ("ListTrials", {}),
        ("ListTrialComponents", {}),
        ("ListArtifacts", {}),
        ("ListActions", {}),
        ("ListContexts", {}),
        ("ListAssociations", {}),
        *[("Search", {"Resource": f"{kind}"}) for kind in ("TrainingJob", "Experiment", "ExperimentTrial")],
    ],
)
def test_an_answer_has_every_member_the_model_requires(
    ctx: Context, operation: str, request_: dict[str, Any]
) -> None:
    shape = service_model("sagemaker").operation_model(operation).output_shape

    missing = set(required_and_missing(shape, call(ctx, operation, request_)))

    # AWS answers where the model lies when there is one: at the end of a job.
    assert missing <= {"ModelArtifacts"}


@pytest.mark.parametrize("kind", ANSWERED)
def test_a_value_of_the_record_wins_over_the_default(kind: str) -> None:
    own = _other(ANSWERED[kind])

    assert answered(kind, own) == own


def test_a_record_is_left_as_it_is() -> None:
    record: dict[str, Any] = {"OutputDataConfig": {"S3OutputPath": "s3://b/o"}}

    answered("training-job", record)

    assert record == {"OutputDataConfig": {"S3OutputPath": "s3://b/o"}}


@pytest.mark.parametrize(
    ("config", "status"),
    [
        ({"S3OutputPath": "s3://b/p"}, "Enabled"),
        ({"S3OutputPath": "s3://b/p", "DisableProfiler": True}, "Disabled"),
        ({"DisableProfiler": True}, "Disabled"),
    ],
)
def test_a_job_says_whether_it_is_profiled(config: dict[str, Any], status: str) -> None:
    assert answered("training-job", {"ProfilerConfig": config})["ProfilingStatus"] == status


def required_and_missing(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    if value is None:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            where = f"{path}.{name}".lstrip(".")
            if name in shape.required_members and value.get(name) is None:
                yield where
            yield from required_and_missing(member, value.get(name), where)
    elif shape.type_name == "list":
        for entry in value:
            yield from required_and_missing(shape.member, entry, f"{path}[]")
    elif shape.type_name == "map":
        for entry in value.values():
            yield from required_and_missing(shape.value, entry, f"{path}{{}}")


def _other(defaults: Any) -> Any:
    """The same members with other values, none of which asks for profiling."""
    if isinstance(defaults, dict):
        return {name: _other(value) for name, value in defaults.items()} or {"own": "value"}
    if isinstance(defaults, list):
        return [_other(entry) for entry in defaults] or [{"own": "value"}]
    return True if defaults is True else f"not {defaults}"
