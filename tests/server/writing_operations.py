"""One successful request for every operation that writes to the database, and the resources it needs."""

from __future__ import annotations

import json
from typing import Any

from tests.services.access.world import SAGEMAKER_TRUST, allow, policy

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/reading"
PASSWORD = "Correct-horse-1"
GROUP, STREAM = "/team/runs", "one"
Request = dict[str, Any]


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def training(name: str, **more: Any) -> Request:
    rule = {"RuleConfigurationName": "loss", "RuleEvaluatorImage": "sagemaker-debugger-rules:latest"}
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "pytorch-training:2.6", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Tags": [{"Key": "team", "Value": "a"}],
        "DebugHookConfig": {"S3OutputPath": "s3://bucket/tensors"},
        "DebugRuleConfigurations": [rule | {"RuleParameters": {"rule_to_invoke": "LossNotDecreasing"}}],
        **more,
    }


SPOT: Request = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
}


def processing(name: str) -> Request:
    return {
        "ProcessingJobName": name,
        "AppSpecification": {
            "ImageUri": "sagemaker-scikit-learn:1.2-1",
            "ContainerEntrypoint": ["python3"],
        },
        "RoleArn": ROLE,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        },
        "Tags": [{"Key": "team", "Value": "a"}],
    }


def model(name: str) -> Request:
    container = {"Image": "pytorch-inference:2.6"}
    return {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE, "Tags": TAGS}


def transform(name: str) -> Request:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in/"}
    return {
        "TransformJobName": name,
        "ModelName": "served",
        "TransformInput": {"DataSource": {"S3DataSource": source}},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "Tags": TAGS,
    }


def tuning(name: str) -> Request:
    job = training("unused")
    metric = {"Name": "loss", "Regex": "loss=([0-9.]+)"}
    members = ("RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 5, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "loss", "Values": ["a", "b"]}]},
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {**job["AlgorithmSpecification"], "MetricDefinitions": [metric]},
            **{member: job[member] for member in members},
        },
        "Tags": TAGS,
    }


def autopilot(name: str) -> Request:
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/table.csv"}
    return {
        "AutoMLJobName": name,
        "InputDataConfig": [{"DataSource": {"S3DataSource": source}, "TargetAttributeName": "kind"}],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "RoleArn": training("unused")["RoleArn"],
        "Tags": TAGS,
    }


def autopilot_v2(name: str) -> Request:
    channel = dict(autopilot(name)["InputDataConfig"][0])
    target = channel.pop("TargetAttributeName")
    return {
        "AutoMLJobName": name,
        "AutoMLJobInputDataConfig": [channel],
        "AutoMLProblemTypeConfig": {"TabularJobConfig": {"TargetAttributeName": target}},
        **{member: autopilot(name)[member] for member in ("OutputDataConfig", "RoleArn", "Tags")},
    }


def endpoint_config(name: str) -> Request:
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "served",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    return {"EndpointConfigName": name, "ProductionVariants": [variant], "Tags": TAGS}


def package(**named: str) -> Request:
    container = {"Image": "pytorch-inference:2.6", "ModelDataUrl": "s3://bucket/model.tar.gz"}
    return {"InferenceSpecification": {"Containers": [container]}, **named}


def endpoint(name: str) -> Request:
    return {"EndpointName": name, "EndpointConfigName": "serving"}


def domain(name: str) -> Request:
    return {
        "DomainName": name,
        "AuthMode": "IAM",
        "DefaultUserSettings": {"ExecutionRole": ROLE},
        "VpcId": "vpc-1",
        "SubnetIds": ["subnet-1"],
        "Tags": [{"Key": "team", "Value": "a"}],
    }


def source(uri: str) -> Request:
    return {"SourceUri": uri, "SourceTypes": [{"SourceIdType": "Custom", "Value": "v1"}]}


def components(*names: str) -> list[tuple[str, str, Request]]:
    uri = {"Value": "s3://bucket/table.csv"}
    return [
        (
            "sagemaker",
            "CreateTrialComponent",
            {"TrialComponentName": name, "InputArtifacts": {"table": uri}, "OutputArtifacts": {"made": uri}},
        )
        for name in names
    ]


def manifest(*, layers: int) -> str:
    """Of an image; ``docker push`` would bring it."""
    content = {"digest": f"sha256:{'0' * 64}", "size": 1}
    kind = "application/vnd.oci.image.manifest.v1+json"
    document = {"schemaVersion": 2, "mediaType": kind, "config": content, "layers": [content] * layers}
    return json.dumps(document)


MANIFEST = manifest(layers=1)
"""Of the image with the tag 1. That of the tag old has two layers."""
TAGS = [{"Key": "stage", "Value": "test"}]
READING = policy(allow("s3:GetObject"))
FOUR_VERSIONS = [("iam", "CreatePolicyVersion", {"PolicyArn": POLICY, "PolicyDocument": READING})] * 3

WORLD: list[tuple[str, str, Request]] = [
    ("iam", "CreateRole", {"RoleName": "trainer", "AssumeRolePolicyDocument": json.dumps(SAGEMAKER_TRUST)}),
    ("iam", "CreateRole", {"RoleName": "bare", "AssumeRolePolicyDocument": json.dumps(SAGEMAKER_TRUST)}),
    ("iam", "CreateUser", {"UserName": "ann"}),
    ("iam", "CreateUser", {"UserName": "bob"}),
    ("iam", "CreatePolicy", {"PolicyName": "reading", "PolicyDocument": READING}),
    ("iam", "CreatePolicy", {"PolicyName": "unused", "PolicyDocument": READING}),
    *FOUR_VERSIONS,
    ("iam", "AttachRolePolicy", {"RoleName": "trainer", "PolicyArn": POLICY}),
    ("iam", "AttachUserPolicy", {"UserName": "ann", "PolicyArn": POLICY}),
    ("iam", "PutRolePolicy", {"RoleName": "trainer", "PolicyName": "own", "PolicyDocument": READING}),
    ("iam", "PutUserPolicy", {"UserName": "ann", "PolicyName": "own", "PolicyDocument": READING}),
    ("iam", "PutRolePermissionsBoundary", {"RoleName": "trainer", "PermissionsBoundary": POLICY}),
    ("iam", "PutUserPermissionsBoundary", {"UserName": "ann", "PermissionsBoundary": POLICY}),
    ("iam", "TagRole", {"RoleName": "trainer", "Tags": TAGS}),
    ("iam", "TagUser", {"UserName": "ann", "Tags": TAGS}),
    ("iam", "CreateLoginProfile", {"UserName": "ann", "Password": PASSWORD}),
    ("iam", "TagPolicy", {"PolicyArn": POLICY, "Tags": TAGS}),
    ("sagemaker", "CreateTrainingJob", training("ended")),
    ("sagemaker", "CreateTrainingJob", training("running")),
    ("sagemaker", "CreateTrainingJob", training("on-spot", **SPOT)),
    ("sagemaker", "CreateProcessingJob", processing("swept")),
    ("sagemaker", "CreateProcessingJob", processing("sweeping")),
    ("sagemaker", "CreateModel", model("served")),
    ("sagemaker", "CreateTransformJob", transform("transforming")),
    ("sagemaker", "CreateAutoMLJob", autopilot("flying")),
    ("sagemaker", "CreateHyperParameterTuningJob", tuning("tuned")),
    ("sagemaker", "CreateHyperParameterTuningJob", tuning("tuning")),
    ("sagemaker", "CreateEndpointConfig", endpoint_config("serving")),
    ("sagemaker", "CreateEndpoint", {**endpoint("in-service"), "Tags": TAGS}),
    ("sagemaker", "CreateEndpoint", endpoint("failed")),
    ("sagemaker", "CreateModelPackageGroup", {"ModelPackageGroupName": "digits", "Tags": TAGS}),
    ("sagemaker", "CreateModelPackageGroup", {"ModelPackageGroupName": "unused"}),
    ("sagemaker", "CreateModelPackage", package(ModelPackageGroupName="digits")),
    ("sagemaker", "CreateExperiment", {"ExperimentName": "full"}),
    ("sagemaker", "CreateExperiment", {"ExperimentName": "empty", "Tags": TAGS}),
    ("sagemaker", "CreateTrial", {"TrialName": "busy", "ExperimentName": "full"}),
    ("sagemaker", "CreateTrial", {"TrialName": "idle", "ExperimentName": "full", "Tags": TAGS}),
    *components("joined", "alone"),
    ("sagemaker", "AssociateTrialComponent", {"TrialName": "busy", "TrialComponentName": "joined"}),
    (
        "sagemaker",
        "CreateAction",
        {"ActionName": "act", "ActionType": "T", "Source": source("s3://b/a"), "Tags": TAGS},
    ),
    (
        "sagemaker",
        "CreateContext",
        {"ContextName": "around", "ContextType": "T", "Source": source("s3://b/c"), "Tags": TAGS},
    ),
    ("sagemaker", "CreateAction", {"ActionName": "idle", "ActionType": "T", "Source": source("s3://b/i")}),
    ("sagemaker", "CreateContext", {"ContextName": "idle", "ContextType": "T", "Source": source("s3://b/j")}),
    ("sagemaker", "CreateArtifact", {"ArtifactType": "T", "Source": source("s3://b/kept"), "Tags": TAGS}),
    (
        "sagemaker",
        "AddAssociation",
        {"SourceArn": arn("action", "act"), "DestinationArn": arn("context", "around")},
    ),
    ("ecr", "CreateRepository", {"repositoryName": "team/images", "tags": TAGS}),
    ("ecr", "CreateRepository", {"repositoryName": "empty", "tags": TAGS}),
    ("logs", "CreateLogGroup", {"logGroupName": GROUP, "tags": {"team": "a"}}),
    ("logs", "CreateLogStream", {"logGroupName": GROUP, "logStreamName": STREAM}),
    (
        "sagemaker-metrics",
        "BatchPutMetrics",
        {
            "TrialComponentName": "alone",
            "MetricData": [{"MetricName": "loss", "Timestamp": 1.79e9, "Step": 1, "Value": 0.5}],
        },
    ),
]
"""Service, operation and request that create these resources, in this order."""

GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
REPOSITORY_ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/team/images"
JOB = arn("training-job", "ended")
PRUNING = {"ProfilerRuleConfigurations": [
    {"RuleConfigurationName": "idle", "RuleEvaluatorImage": "sagemaker-debugger-rules:latest",
     "RuleParameters": {"rule_to_invoke": "CPUBottleneck"}}
]}  # fmt: skip

WRITES: list[tuple[str, str, Request]] = [
    (
        "sagemaker",
        "AddAssociation",
        {"SourceArn": arn("action", "idle"), "DestinationArn": arn("context", "idle")},
    ),
    ("sagemaker", "AddTags", {"ResourceArn": JOB, "Tags": [*TAGS, {"Key": "team", "Value": "b"}]}),
    ("sagemaker", "AssociateTrialComponent", {"TrialName": "idle", "TrialComponentName": "joined"}),
    (
        "sagemaker",
        "CreateAction",
        {"ActionName": "act2", "ActionType": "T", "Source": source("s3://b/2"), "Tags": TAGS},
    ),
    ("sagemaker", "CreateArtifact", {"ArtifactType": "T", "Source": source("s3://b/new"), "Tags": TAGS}),
    (
        "sagemaker",
        "CreateContext",
        {"ContextName": "c2", "ContextType": "T", "Source": source("s3://b/3"), "Tags": TAGS},
    ),
    ("sagemaker", "CreateAutoMLJob", autopilot("next")),
    ("sagemaker", "CreateAutoMLJobV2", autopilot_v2("next2")),
    ("sagemaker", "CreateDomain", domain("third")),
    ("sagemaker", "CreateEndpoint", {**endpoint("next"), "Tags": TAGS}),
    ("sagemaker", "CreateEndpointConfig", endpoint_config("next")),
    ("sagemaker", "CreateExperiment", {"ExperimentName": "e2", "Tags": TAGS}),
    ("sagemaker", "CreateHyperParameterTuningJob", tuning("next")),
    ("sagemaker", "CreateModel", model("next")),
    ("sagemaker", "CreateModelPackage", package(ModelPackageGroupName="digits")),
    ("sagemaker", "CreateModelPackageGroup", {"ModelPackageGroupName": "next", "Tags": TAGS}),
    ("sagemaker", "CreatePresignedDomainUrl", {"DomainId": "HOME", "UserProfileName": "ann"}),
    ("sagemaker", "CreateProcessingJob", processing("next")),
    ("sagemaker", "CreateTrainingJob", training("next")),
    ("sagemaker", "CreateTransformJob", transform("next")),
    ("sagemaker", "CreateTrial", {"TrialName": "t2", "ExperimentName": "full", "Tags": TAGS}),
    ("sagemaker", "CreateTrialComponent", {**components("c2")[0][2], "Tags": TAGS}),
    ("sagemaker", "CreateUserProfile", {"DomainId": "HOME", "UserProfileName": "bob", "Tags": TAGS}),
    ("sagemaker", "DeleteAction", {"ActionName": "idle"}),
    ("sagemaker", "DeleteArtifact", {"Source": source("s3://b/kept")}),
    (
        "sagemaker",
        "DeleteAssociation",
        {"SourceArn": arn("action", "act"), "DestinationArn": arn("context", "around")},
    ),
    ("sagemaker", "DeleteContext", {"ContextName": "idle"}),
    ("sagemaker", "DeleteDomain", {"DomainId": "EMPTY"}),
    ("sagemaker", "DeleteEndpointConfig", {"EndpointConfigName": "serving"}),
    ("sagemaker", "DeleteExperiment", {"ExperimentName": "empty"}),
    ("sagemaker", "DeleteEndpoint", {"EndpointName": "failed"}),
    ("sagemaker", "DeleteHyperParameterTuningJob", {"HyperParameterTuningJobName": "tuned"}),
    ("sagemaker", "DeleteModel", {"ModelName": "served"}),
    ("sagemaker", "DeleteModelPackage", {"ModelPackageName": arn("model-package", "digits/1")}),
    ("sagemaker", "DeleteModelPackageGroup", {"ModelPackageGroupName": "unused"}),
    ("sagemaker", "DeleteProcessingJob", {"ProcessingJobName": "swept"}),
    ("sagemaker", "DeleteTags", {"ResourceArn": JOB, "TagKeys": ["team"]}),
    ("sagemaker", "DeleteTrainingJob", {"TrainingJobName": "ended"}),
    ("sagemaker", "DeleteTrial", {"TrialName": "idle"}),
    ("sagemaker", "DeleteTrialComponent", {"TrialComponentName": "alone"}),
    ("sagemaker", "DeleteUserProfile", {"DomainId": "HOME", "UserProfileName": "ann"}),
    ("sagemaker", "DisassociateTrialComponent", {"TrialName": "busy", "TrialComponentName": "joined"}),
    ("sagemaker", "StopAutoMLJob", {"AutoMLJobName": "flying"}),
    ("sagemaker", "StopHyperParameterTuningJob", {"HyperParameterTuningJobName": "tuning"}),
    ("sagemaker", "StopProcessingJob", {"ProcessingJobName": "sweeping"}),
    ("sagemaker", "StopTrainingJob", {"TrainingJobName": "running"}),
    ("sagemaker", "StopTransformJob", {"TransformJobName": "transforming"}),
    ("sagemaker", "UpdateAction", {"ActionName": "act", "Description": "new"}),
    ("sagemaker", "UpdateArtifact", {"ArtifactArn": "KEPT", "ArtifactName": "new"}),
    ("sagemaker", "UpdateContext", {"ContextName": "around", "Description": "new"}),
    ("sagemaker", "UpdateDomain", {"DomainId": "HOME", "TagPropagation": "ENABLED"}),
    ("sagemaker", "UpdateEndpoint", endpoint("in-service")),
    (
        "sagemaker",
        "UpdateEndpointWeightsAndCapacities",
        {
            "EndpointName": "in-service",
            "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}],
        },
    ),
    ("sagemaker", "UpdateExperiment", {"ExperimentName": "full", "DisplayName": "new"}),
    (
        "sagemaker",
        "UpdateModelPackage",
        {"ModelPackageArn": arn("model-package", "digits/1"), "ModelApprovalStatus": "Approved"},
    ),
    ("sagemaker", "UpdateTrainingJob", {"TrainingJobName": "running", **PRUNING}),
    ("sagemaker", "UpdateTrial", {"TrialName": "busy", "DisplayName": "new"}),
    (
        "sagemaker",
        "UpdateTrialComponent",
        {
            "TrialComponentName": "joined",
            "InputArtifactsToRemove": ["table"],
            "OutputArtifacts": {"more": {"Value": "s3://b/more"}},
        },
    ),
    (
        "sagemaker",
        "UpdateUserProfile",
        {
            "DomainId": "HOME",
            "UserProfileName": "ann",
            "UserSettings": {"ExecutionRole": f"arn:aws:iam::{ACCOUNT}:role/bare"},
        },
    ),
    (
        "sagemaker-metrics",
        "BatchPutMetrics",
        {
            "TrialComponentName": "joined",
            "MetricData": [{"MetricName": "m", "Timestamp": 1.79e9, "Step": 1, "Value": 1.0}],
        },
    ),
    (
        "ecr",
        "BatchDeleteImage",
        {"repositoryName": "team/images", "imageIds": [{"imageTag": "1"}, {"imageTag": "old"}]},
    ),
    ("ecr", "CreateRepository", {"repositoryName": "more", "tags": TAGS}),
    ("ecr", "DeleteRepository", {"repositoryName": "empty"}),
    ("ecr", "DeleteRepository", {"repositoryName": "team/images", "force": True}),
    ("ecr", "PutImage", {"repositoryName": "team/images", "imageManifest": MANIFEST, "imageTag": "old"}),
    (
        "ecr",
        "PutImageScanningConfiguration",
        {"repositoryName": "team/images", "imageScanningConfiguration": {"scanOnPush": False}},
    ),
    (
        "ecr",
        "PutImageTagMutability",
        {"repositoryName": "team/images", "imageTagMutability": "IMMUTABLE"},
    ),
    ("ecr", "TagResource", {"resourceArn": REPOSITORY_ARN, "tags": [*TAGS, {"Key": "a", "Value": "b"}]}),
    ("ecr", "UntagResource", {"resourceArn": REPOSITORY_ARN, "tagKeys": ["stage"]}),
    ("logs", "CreateLogGroup", {"logGroupName": "/team/more", "tags": {"a": "b"}}),
    ("logs", "CreateLogStream", {"logGroupName": GROUP, "logStreamName": "two"}),
    ("logs", "DeleteLogGroup", {"logGroupName": GROUP}),
    ("logs", "DeleteLogStream", {"logGroupName": GROUP, "logStreamName": STREAM}),
    ("logs", "DeleteRetentionPolicy", {"logGroupName": GROUP}),
    (
        "logs",
        "PutLogEvents",
        {
            "logGroupName": GROUP,
            "logStreamName": STREAM,
            "logEvents": [{"timestamp": 1_790_000_000_000, "message": "hello"}],
        },
    ),
    (
        "logs",
        "PutLogGroupDeletionProtection",
        {"logGroupIdentifier": GROUP, "deletionProtectionEnabled": True},
    ),
    ("logs", "PutRetentionPolicy", {"logGroupName": GROUP, "retentionInDays": 7}),
    ("logs", "TagLogGroup", {"logGroupName": GROUP, "tags": {"x": "y"}}),
    ("logs", "TagResource", {"resourceArn": GROUP_ARN, "tags": {"x": "y"}}),
    ("logs", "UntagLogGroup", {"logGroupName": GROUP, "tags": ["team"]}),
    ("logs", "UntagResource", {"resourceArn": GROUP_ARN, "tagKeys": ["team"]}),
    ("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "s"}),
    ("iam", "AttachRolePolicy", {"RoleName": "bare", "PolicyArn": POLICY}),
    ("iam", "AttachUserPolicy", {"UserName": "bob", "PolicyArn": POLICY}),
    ("iam", "ChangePassword", {"OldPassword": PASSWORD, "NewPassword": f"{PASSWORD}2"}),
    ("iam", "CreateAccessKey", {"UserName": "ann"}),
    ("iam", "CreateLoginProfile", {"UserName": "bob", "Password": PASSWORD}),
    ("iam", "CreatePolicy", {"PolicyName": "p2", "PolicyDocument": READING, "Tags": TAGS}),
    ("iam", "CreatePolicyVersion", {"PolicyArn": POLICY, "PolicyDocument": READING, "SetAsDefault": True}),
    (
        "iam",
        "CreateRole",
        {
            "RoleName": "r2",
            "AssumeRolePolicyDocument": json.dumps(SAGEMAKER_TRUST),
            "Tags": TAGS,
            "PermissionsBoundary": POLICY,
        },
    ),
    ("iam", "CreateUser", {"UserName": "eve", "Tags": TAGS, "PermissionsBoundary": POLICY}),
    ("iam", "DeleteAccessKey", {"UserName": "ann", "AccessKeyId": "KEY"}),
    ("iam", "DeleteLoginProfile", {"UserName": "ann"}),
    ("iam", "DeletePolicy", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/unused"}),
    ("iam", "DeletePolicyVersion", {"PolicyArn": POLICY, "VersionId": "v2"}),
    ("iam", "DeleteRole", {"RoleName": "bare"}),
    ("iam", "DeleteRolePermissionsBoundary", {"RoleName": "trainer"}),
    ("iam", "DeleteRolePolicy", {"RoleName": "trainer", "PolicyName": "own"}),
    ("iam", "DeleteUser", {"UserName": "bob"}),
    ("iam", "DeleteUserPermissionsBoundary", {"UserName": "ann"}),
    ("iam", "DeleteUserPolicy", {"UserName": "ann", "PolicyName": "own"}),
    ("iam", "DetachRolePolicy", {"RoleName": "trainer", "PolicyArn": POLICY}),
    ("iam", "DetachUserPolicy", {"UserName": "ann", "PolicyArn": POLICY}),
    ("iam", "PutRolePermissionsBoundary", {"RoleName": "bare", "PermissionsBoundary": POLICY}),
    ("iam", "PutRolePolicy", {"RoleName": "bare", "PolicyName": "own", "PolicyDocument": READING}),
    ("iam", "PutUserPermissionsBoundary", {"UserName": "bob", "PermissionsBoundary": POLICY}),
    ("iam", "PutUserPolicy", {"UserName": "bob", "PolicyName": "own", "PolicyDocument": READING}),
    ("iam", "SetDefaultPolicyVersion", {"PolicyArn": POLICY, "VersionId": "v2"}),
    ("iam", "TagPolicy", {"PolicyArn": POLICY, "Tags": TAGS}),
    ("iam", "TagRole", {"RoleName": "bare", "Tags": TAGS}),
    ("iam", "TagUser", {"UserName": "bob", "Tags": TAGS}),
    ("iam", "UntagPolicy", {"PolicyArn": POLICY, "TagKeys": ["stage"]}),
    ("iam", "UntagRole", {"RoleName": "trainer", "TagKeys": ["stage"]}),
    ("iam", "UntagUser", {"UserName": "ann", "TagKeys": ["stage"]}),
    ("iam", "UpdateAccessKey", {"UserName": "ann", "AccessKeyId": "KEY", "Status": "Inactive"}),
    ("iam", "UpdateAssumeRolePolicy", {"RoleName": "trainer", "PolicyDocument": json.dumps(SAGEMAKER_TRUST)}),
    ("iam", "UpdateLoginProfile", {"UserName": "ann", "Password": f"{PASSWORD}2"}),
    ("iam", "UpdateRole", {"RoleName": "trainer", "Description": "d", "MaxSessionDuration": 7200}),
    ("iam", "UpdateRoleDescription", {"RoleName": "trainer", "Description": "d"}),
    ("iam", "UpdateUser", {"UserName": "ann", "NewUserName": "anna", "NewPath": "/x/"}),
    (
        "clary",
        "SignParts",
        {"Host": "running/algo-1", "Bucket": "bucket", "Key": "k", "UploadId": "u", "First": 1, "Count": 1},
    ),
    ("clary", "LocateObjects", {"Host": "running/algo-1", "Bucket": "bucket", "Keys": []}),
    (
        "clary",
        "PutHostMetrics",
        {"Host": "running/algo-1", "Sequence": 0, "Points": [["loss", 1.79e9, 1, 0.5]]},
    ),
    (
        "clary",
        "PutHostUtilization",
        {"Host": "running/algo-1", "Points": [["CPUUtilization", 1.79e9, None, 50.0]]},
    ),
    (
        "clary",
        "ReportHost",
        {
            "Host": "running/algo-1",
            "Report": {"Phases": [], "Outcome": "", "Reason": "", "ModelUploaded": False},
        },
    ),
    (
        "clary",
        "ReportPackages",
        {"Host": "running/algo-1", "Environment": "pytorch+1", "Packages": ["torch==2.6.0"]},
    ),
    ("clary", "ReportRules", {"Host": "running/algo-1", "Attempt": 1, "First": 0, "Events": []}),
    ("clary", "ProfilerConfig", {"Host": "running/algo-1"}),
    ("clary", "Interruption", {"Host": "running/algo-1"}),
    ("clary", "RoleCredentials", {"Host": "running/algo-1"}),
    ("own", "InterruptTrainingJob", {"TrainingJobName": "on-spot"}),
    ("own", "RotateRootKey", {}),
    ("own", "RotateJoiningSecret", {}),
    ("studio", "PutChartBoard", {"ExperimentName": "full", "Charts": []}),
    ("studio", "DeleteChartBoard", {"ExperimentName": "full"}),
]
"""``KEY`` stands for ann's access key, ``KEPT`` for the ARN of the artifact of the world, ``HOME`` and
``EMPTY`` for the ids of its domains."""
