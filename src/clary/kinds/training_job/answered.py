"""What DescribeTrainingJob always answers."""

from __future__ import annotations

from typing import Any

from clary.kinds.answered import completed

Document = dict[str, Any]


_CHANNEL = {
    "CompressionType": "None",
    "RecordWrapperType": "None",
    "DataSource": {"S3DataSource": {"S3DataDistributionType": "FullyReplicated"}},
}

DEFAULTS: Document = {
    "HyperParameters": {},
    "AlgorithmSpecification": {"MetricDefinitions": [], "EnableSageMakerMetricsTimeSeries": True},
    "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP"},
    "ResourceConfig": {"VolumeSizeInGB": 0},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86_400},
    "InputDataConfig": [_CHANNEL],
    "DebugHookConfig": {"CollectionConfigurations": []},
    # smdebug asks again and again until there is one.
    "ProfilerConfig": {"DisableProfiler": True},
    "ProfilingStatus": "Disabled",
    "Environment": {},
}
ASKED_FOR = frozenset({"DebugHookConfig", "InputDataConfig"})
"""Members that stay away where the request had none."""


def answered(job: Document) -> Document:
    config = job.get("ProfilerConfig", {})
    if config.get("S3OutputPath") and not config.get("DisableProfiler"):
        job = {**job, "ProfilingStatus": "Enabled", "ProfilerConfig": {"DisableProfiler": False, **config}}
    return completed(job, DEFAULTS, ASKED_FOR)
