from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.model import ListShape, StructureShape
from tests.services.access.world import ACCOUNT, REGION, World
from tests.wire.samples import as_parsed, sample

from clary.services.access.requirements import Scope, requirements
from clary.services.access.requirements.sagemaker import passed_roles
from clary.services.iam import user
from clary.wire.models import SERVICES, service_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

SM = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
IAM = f"arn:aws:iam::{ACCOUNT}:"
PREFIXES = {"sagemaker-runtime": "sagemaker", "sagemaker-metrics": "sagemaker"}
FREE = {"GetCallerIdentity", "GetSessionToken"}


def needs(service: str, operation: str, params: dict[str, Any]) -> list[tuple[str, str]]:
    found = requirements(service, operation, params, Scope(ACCOUNT, REGION))
    return [(needed.action, needed.resource) for needed in found]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_requirements(service: str) -> None:
    model = service_model(service)
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        for params in ({}, as_parsed(shape, sample(shape))):
            needed = requirements(service, name, params, Scope(ACCOUNT, REGION))

            assert needed or name in FREE
            for requirement in needed:
                assert re.fullmatch(r"(sagemaker|s3|logs|cloudwatch|ecr|iam|sts):\w+", requirement.action)
                assert isinstance(requirement.resource, str)
                assert all(key == key.lower() for key in requirement.context)


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("DescribeTrainingJob", {"TrainingJobName": "My-Job"}, "training-job/my-job"),
        ("StopProcessingJob", {"ProcessingJobName": "p"}, "processing-job/p"),
        ("DescribeTrial", {"TrialName": "t"}, "experiment-trial/t"),
        ("UpdateTrialComponent", {"TrialComponentName": "c"}, "experiment-trial-component/c"),
        ("DeleteExperiment", {"ExperimentName": "e"}, "experiment/e"),
        ("DescribeAutoMLJobV2", {"AutoMLJobName": "a"}, "automl-job/a"),
        ("DescribeEndpointConfig", {"EndpointConfigName": "c"}, "endpoint-config/c"),
        (
            "DescribeHyperParameterTuningJob",
            {"HyperParameterTuningJobName": "h"},
            "hyper-parameter-tuning-job/h",
        ),
        (
            "ListTrainingJobsForHyperParameterTuningJob",
            {"HyperParameterTuningJobName": "h"},
            "hyper-parameter-tuning-job/h",
        ),
        ("DescribeAIBenchmarkJob", {"AIBenchmarkJobName": "b"}, "ai-benchmark-job/b"),
        ("DescribeDomain", {"DomainId": "d-1"}, "domain/d-1"),
        ("DescribeUserProfile", {"DomainId": "d-1", "UserProfileName": "ada"}, "user-profile/d-1/ada"),
        (
            "CreateApp",
            {"DomainId": "d-1", "UserProfileName": "ada", "AppType": "JupyterServer", "AppName": "default"},
            "app/d-1/ada/jupyterserver/default",
        ),
        ("DescribeClusterNode", {"ClusterName": "c", "NodeId": "n"}, "cluster/c"),
        ("UpdateEndpointWeightsAndCapacities", {"EndpointName": "e"}, "endpoint/e"),
        ("DescribeInferenceExperiment", {"Name": "i"}, "inference-experiment/i"),
        ("DescribeDataQualityJobDefinition", {"JobDefinitionName": "q"}, "data-quality-job-definition/q"),
    ],
)
def test_a_sagemaker_operation_is_on_the_resource_it_names(
    operation: str, params: dict[str, Any], expected: str
) -> None:
    assert needs("sagemaker", operation, params) == [(f"sagemaker:{operation}", SM + expected)]


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected"),
    [
        ("sagemaker", "ListTrainingJobs", {"NameContains": "x"}, [("sagemaker:ListTrainingJobs", "*")]),
        ("sagemaker", "Search", {"Resource": "TrainingJob"}, [("sagemaker:Search", "*")]),
        ("sagemaker", "AddTags", {"ResourceArn": SM + "model/m"}, [("sagemaker:AddTags", SM + "model/m")]),
        ("sagemaker", "ListTags", {"ResourceArn": SM + "model/m"}, [("sagemaker:ListTags", SM + "model/m")]),
        (
            "sagemaker",
            "DescribeModelPackage",
            {"ModelPackageName": SM + "model-package/g/1"},
            [("sagemaker:DescribeModelPackage", SM + "model-package/g/1")],
        ),
        (
            "sagemaker",
            "AssociateTrialComponent",
            {"TrialComponentName": "c", "TrialName": "t"},
            [
                ("sagemaker:AssociateTrialComponent", SM + "experiment-trial-component/c"),
                ("sagemaker:AssociateTrialComponent", SM + "experiment-trial/t"),
            ],
        ),
        (
            "sagemaker",
            "CreateTrainingJob",
            {"TrainingJobName": "j", "RoleArn": IAM + "role/r", "Tags": [{"Key": "a", "Value": "b"}]},
            [
                ("sagemaker:CreateTrainingJob", SM + "training-job/j"),
                ("sagemaker:AddTags", SM + "training-job/j"),
                ("iam:PassRole", IAM + "role/r"),
            ],
        ),
        (
            "sagemaker",
            "CreateProcessingJob",
            {"ProcessingJobName": "P", "RoleArn": IAM + "role/r", "Tags": [{"Key": "a", "Value": "b"}]},
            [
                ("sagemaker:CreateProcessingJob", SM + "processing-job/p"),
                ("sagemaker:AddTags", SM + "processing-job/p"),
                ("iam:PassRole", IAM + "role/r"),
            ],
        ),
        (
            "sagemaker",
            "StopProcessingJob",
            {"ProcessingJobName": "p"},
            [("sagemaker:StopProcessingJob", SM + "processing-job/p")],
        ),
        ("sagemaker", "ListProcessingJobs", {}, [("sagemaker:ListProcessingJobs", "*")]),
        (
            "sagemaker-runtime",
            "InvokeEndpoint",
            {"EndpointName": "E"},
            [("sagemaker:InvokeEndpoint", SM + "endpoint/e")],
        ),
        (
            "sagemaker-metrics",
            "BatchPutMetrics",
            {"TrialComponentName": "C"},
            [("sagemaker:BatchPutMetrics", SM + "experiment-trial-component/c")],
        ),
        (
            "sagemaker-metrics",
            "BatchGetMetrics",
            {"MetricQueries": [{"ResourceArn": SM + "training-job/j"}]},
            [("sagemaker:BatchGetMetrics", SM + "training-job/j")],
        ),
        ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "arn:aws:s3:::*")]),
        ("s3", "HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("s3", "CreateBucket", {"Bucket": "b"}, [("s3:CreateBucket", "arn:aws:s3:::b")]),
        ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "p"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", "arn:aws:s3:::b/k")]),
        ("s3", "GetObject", {"Bucket": "b", "Key": "/../*"}, [("s3:GetObject", "arn:aws:s3:::b//../*")]),
        ("s3", "UploadPart", {"Bucket": "b", "Key": "k"}, [("s3:PutObject", "arn:aws:s3:::b/k")]),
        (
            "s3",
            "ListParts",
            {"Bucket": "b", "Key": "k"},
            [("s3:ListMultipartUploadParts", "arn:aws:s3:::b/k")],
        ),
        (
            "s3",
            "ListMultipartUploads",
            {"Bucket": "b"},
            [("s3:ListBucketMultipartUploads", "arn:aws:s3:::b")],
        ),
        (
            "s3",
            "GetObject",
            {"Bucket": "b", "Key": "k", "VersionId": "1"},
            [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        (
            "s3",
            "PutObject",
            {"Bucket": "b", "Key": "k", "Tagging": "a=1"},
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:PutObjectTagging", "arn:aws:s3:::b/k")],
        ),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": "/other/a%20b//c"},
            [("s3:GetObject", "arn:aws:s3:::other/a b//c"), ("s3:PutObject", "arn:aws:s3:::b/k")],
        ),
        (
            "s3",
            "UploadPartCopy",
            {"Bucket": "b", "Key": "k", "CopySource": "other/c?versionId=7"},
            [("s3:GetObjectVersion", "arn:aws:s3:::other/c"), ("s3:PutObject", "arn:aws:s3:::b/k")],
        ),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y"}, {"Key": "x"}]}},
            [("s3:DeleteObject", "arn:aws:s3:::b/x"), ("s3:DeleteObject", "arn:aws:s3:::b/y")],
        ),
        (
            "logs",
            "PutLogEvents",
            {"logGroupName": "/g", "logStreamName": "s"},
            [("logs:PutLogEvents", LOGS + "/g:log-stream:s")],
        ),
        (
            "logs",
            "DescribeLogStreams",
            {"logGroupName": "/g"},
            [("logs:DescribeLogStreams", LOGS + "/g:log-stream:")],
        ),
        (
            "logs",
            "FilterLogEvents",
            {"logGroupIdentifier": LOGS + "/g:*"},
            [("logs:FilterLogEvents", LOGS + "/g:log-stream:")],
        ),
        ("iam", "GetRole", {"RoleName": "r"}, [("iam:GetRole", IAM + "role/r")]),
        ("iam", "ListRoles", {}, [("iam:ListRoles", IAM + "role/")]),
        ("iam", "CreateUser", {"UserName": "u", "Path": "/a/"}, [("iam:CreateUser", IAM + "user/a/u")]),
        ("iam", "CreatePolicy", {"PolicyName": "p"}, [("iam:CreatePolicy", IAM + "policy/p")]),
        ("iam", "GetPolicy", {"PolicyArn": IAM + "policy/p"}, [("iam:GetPolicy", IAM + "policy/p")]),
        (
            "iam",
            "SimulatePrincipalPolicy",
            {"PolicySourceArn": IAM + "role/r"},
            [("iam:SimulatePrincipalPolicy", IAM + "role/r")],
        ),
        ("sts", "AssumeRole", {"RoleArn": IAM + "role/r"}, [("sts:AssumeRole", IAM + "role/r")]),
        ("sts", "GetCallerIdentity", {}, []),
    ],
)
def test_an_operation_needs(
    service: str, operation: str, params: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert needs(service, operation, params) == expected


def test_a_user_keeps_its_path(world: World) -> None:
    user.create_user(world.context(), {"UserName": "Ada", "Path": "/team/"})
    directory = world.keyring._directory

    needed = requirements("iam", "GetUser", {"UserName": "ada"}, Scope(ACCOUNT, REGION, None, directory))

    assert needed[0].resource == IAM + "user/team/Ada"


def test_get_user_without_a_name_is_about_the_caller(world: World) -> None:
    caller = world.user("ada")

    assert requirements("iam", "GetUser", {}, Scope(ACCOUNT, REGION, caller))[0].resource == caller.arn


def test_a_job_tells_conditions_about_itself() -> None:
    params = {
        "TrainingJobName": "j",
        "ResourceConfig": {
            "InstanceGroups": [{"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.c5.large"}]
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "EnableNetworkIsolation": True,
        "VpcConfig": {"Subnets": ["s-1"], "SecurityGroupIds": ["g-1"]},
        "Tags": [{"Key": "Team", "Value": "a"}],
        "HyperParameters": {"InstanceType": "ml.p4d.24xlarge"},
    }

    context = requirements("sagemaker", "CreateTrainingJob", params, Scope(ACCOUNT, REGION))[0].context

    assert context == {
        "aws:requesttag/team": "a",
        "aws:tagkeys": ["Team"],
        "sagemaker:instancetypes": ["ml.m5.large", "ml.c5.large"],
        "sagemaker:maxruntimeinseconds": "60",
        "sagemaker:networkisolation": "true",
        "sagemaker:vpcsubnets": ["s-1"],
        "sagemaker:vpcsecuritygroupids": ["g-1"],
    }


def test_a_tuning_job_tells_conditions_about_each_of_its_definitions() -> None:
    """Each is asked for by itself: a policy that wants a network must not miss the one without."""
    within = {
        "ResourceConfig": {"InstanceType": "ml.m5.large"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "VpcConfig": {"Subnets": ["s-1"], "SecurityGroupIds": ["g-1"]},
        "RoleArn": "r1",
    }
    choices = {"InstanceConfigs": [{"InstanceType": "ml.p4d.24xlarge"}], "VolumeKmsKeyId": "v"}
    without = {"HyperParameterTuningResourceConfig": choices, "RoleArn": "r2"}
    params = {
        "HyperParameterTuningJobName": "t",
        "TrainingJobDefinitions": [within, without],
        "Tags": [{"Key": "Team", "Value": "a"}],
    }
    tags = {"aws:requesttag/team": "a", "aws:tagkeys": ["Team"]}

    needed = requirements("sagemaker", "CreateHyperParameterTuningJob", params, Scope(ACCOUNT, REGION))

    assert [each.context for each in needed if each.action.endswith("TuningJob")] == [
        {
            **tags,
            "sagemaker:instancetypes": ["ml.m5.large"],
            "sagemaker:maxruntimeinseconds": "60",
            "sagemaker:vpcsubnets": ["s-1"],
            "sagemaker:vpcsecuritygroupids": ["g-1"],
        },
        {**tags, "sagemaker:instancetypes": ["ml.p4d.24xlarge"], "sagemaker:volumekmskey": "v"},
    ]
    assert [each.resource for each in needed if each.action == "iam:PassRole"] == ["r1", "r2"]


def test_a_processing_job_tells_conditions_about_itself() -> None:
    params = {
        "ProcessingJobName": "p",
        "ProcessingResources": {
            "ClusterConfig": {
                "InstancePreferences": [{"InstanceType": "ml.m5.large"}],
                "VolumeSizeInGB": 1,
                "VolumeKmsKeyId": "v",
            }
        },
        "ProcessingOutputConfig": {"Outputs": [], "KmsKeyId": "o"},
        "NetworkConfig": {
            "EnableNetworkIsolation": True,
            "VpcConfig": {"Subnets": ["s-1"], "SecurityGroupIds": ["g-1"]},
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }

    context = requirements("sagemaker", "CreateProcessingJob", params, Scope(ACCOUNT, REGION))[0].context

    assert context == {
        "sagemaker:instancetypes": ["ml.m5.large"],
        "sagemaker:maxruntimeinseconds": "60",
        "sagemaker:networkisolation": "true",
        "sagemaker:outputkmskey": "o",
        "sagemaker:volumekmskey": "v",
        "sagemaker:vpcsubnets": ["s-1"],
        "sagemaker:vpcsecuritygroupids": ["g-1"],
    }


def test_a_list_tells_conditions_what_it_lists() -> None:
    params = {"Bucket": "b", "Prefix": "home/", "Delimiter": "/", "MaxKeys": 5}

    context = requirements("s3", "ListObjectsV2", params, Scope(ACCOUNT, REGION))[0].context

    assert context == {"s3:prefix": "home/", "s3:delimiter": "/", "s3:max-keys": "5"}


def test_a_hyperparameter_named_like_a_role_is_not_passed() -> None:
    params = {"RoleArn": "r1", "HyperParameters": {"RoleArn": "x"}, "Environment": {"ExecutionRoleArn": "y"}}

    assert passed_roles("CreateTrainingJob", params, Scope(ACCOUNT, REGION)) == ["r1"]


def test_a_describe_passes_no_role() -> None:
    assert passed_roles("DescribeTrainingJob", {"RoleArn": "r1"}, Scope(ACCOUNT, REGION)) == []


def test_every_role_that_a_job_of_the_model_names_is_passed() -> None:
    model = service_model("sagemaker")
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None and name.startswith(("Create", "Update", "Start")):
            for path in role_paths(shape, ()):
                params: Any = "arn:role"
                for member in reversed(path):
                    params = [params] if member == "[]" else {member: params}

                assert passed_roles(name, params, Scope(ACCOUNT, REGION)) == ["arn:role"], (name, path)


def role_paths(
    shape: Shape, path: tuple[str, ...], within: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Where the model has a role that SageMaker runs something as."""
    if isinstance(shape, ListShape):
        yield from role_paths(shape.member, (*path, "[]"), within)
    elif isinstance(shape, StructureShape) and shape.name not in within:
        for name, member in shape.members.items():
            # Canvas, RStudio, Redshift and EMR have roles of their own; nothing of theirs runs here.
            if name in ("RoleArn", "ExecutionRoleArn", "ExecutionRole", "ClusterRole", "ValidationRole"):
                yield (*path, name)
            elif name not in ("CanvasAppSettings",):
                yield from role_paths(member, (*path, name), (*within, shape.name))
