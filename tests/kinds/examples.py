"""A request for each kind; a new kind needs one here, and the contract tests do the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clary.domain.rules import KIND as RULE_EVALUATION
from clary.kinds.catalogue import all_kinds
from clary.kinds.records import create_record
from clary.kinds.serving_entities import ENDPOINT_CONFIG, create_serving_entity
from clary.kinds.serving_entities import MODEL as SERVED_MODEL
from clary.services.context import Context

Document = dict[str, Any]

ROLE = "arn:aws:iam::123456789012:role/Worker"
NAME = "Digits"
RULE = {"RuleConfigurationName": "A", "RuleEvaluatorImage": "sagemaker-debugger-rules:latest"}
OWN_RULE = {
    "RuleConfigurationName": "Mine",
    "RuleEvaluatorImage": "sagemaker-debugger-rule-evaluator:latest",
    "RuleParameters": {"source_s3_uri": "s3://bucket/rule.py"},
}

EXAMPLES: dict[str, Document] = {
    "training-job": {
        "TrainingJobName": NAME,
        "AlgorithmSpecification": {"TrainingImage": "pytorch", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "RetryStrategy": {"MaximumRetryAttempts": 2},
        "DebugHookConfig": {"S3OutputPath": "s3://bucket/tensors"},
        "DebugRuleConfigurations": [RULE, OWN_RULE],
    },
    "processing-job": {
        "ProcessingJobName": NAME,
        "AppSpecification": {"ImageUri": "python:3.11", "ContainerEntrypoint": ["true"]},
        "RoleArn": ROLE,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
        },
    },
    "transform-job": {
        "TransformJobName": NAME,
        "ModelName": "digits",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "s3://bucket/out", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
    },
    "endpoint": {"EndpointName": NAME, "EndpointConfigName": "one"},
    "sample-job": {"SampleJobName": NAME, "Command": ["true"], "RoleArn": ROLE, "HostCount": 2},
    "sample-app": {"SampleAppName": NAME, "Command": ["true"], "RoleArn": ROLE, "HostCount": 2},
    "sample-tuner": {"SampleTunerName": NAME, "JobCount": 2},
}
EXAMPLES["sample-tuner"]["Definition"] = EXAMPLES["training-job"]
EXAMPLES["hyper-parameter-tuning-job"] = {
    "HyperParameterTuningJobName": NAME,
    "HyperParameterTuningJobConfig": {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 5, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {
            "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.001", "MaxValue": "1"}],
            "IntegerParameterRanges": [{"Name": "layers", "MinValue": "1", "MaxValue": "8"}],
        },
        "RandomSeed": 7,
    },
    "TrainingJobDefinition": {
        "StaticHyperParameters": {"epochs": "9"},
        "AlgorithmSpecification": {
            "TrainingImage": "python:3.11",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        },
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    },
}
EXAMPLES["automl-job"] = {
    "AutoMLJobName": NAME,
    "InputDataConfig": [
        {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/table.csv"}},
            "TargetAttributeName": "kind",
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "RoleArn": ROLE,
}

MADE_WITH = {RULE_EVALUATION: "training-job"}
"""Kinds that no caller makes, and the kind that their records are made with."""


MODEL = {
    "ModelName": "digits",
    "PrimaryContainer": {"Image": "pytorch-inference:2.6", "ModelDataUrl": "s3://bucket/model.tar.gz"},
    "ExecutionRoleArn": ROLE,
}
CONFIG = {
    "EndpointConfigName": "one",
    "ProductionVariants": [
        {
            "VariantName": "AllTraffic",
            "ModelName": "digits",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 2,
        }
    ],
}


def add_prerequisites(ctx: Context) -> None:
    """Stores what the examples begin from."""
    create_serving_entity(ctx, SERVED_MODEL, MODEL, _Containers=[MODEL["PrimaryContainer"]])
    create_serving_entity(ctx, ENDPOINT_CONFIG, CONFIG)


def make_example(ctx: Context, record_kind: str, change: Callable[[Document], Document] = dict) -> Document:
    """The new record of an example; ``change`` alters the request."""
    asked = MADE_WITH.get(record_kind, record_kind)
    create_record(ctx, all_kinds()[asked], change(EXAMPLES[asked]))
    return ctx.records.get(record_kind, NAME)
