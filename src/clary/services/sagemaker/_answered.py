"""Members that AWS answers whether or not the request had them: the SDKs read them without a default.

A record keeps the request as it came, so that what nobody asked for stays apart from what somebody did;
the defaults come in when it is shown. A record's own value always wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Document

_CHANNEL = {
    "CompressionType": "None",
    "RecordWrapperType": "None",
    "DataSource": {"S3DataSource": {"S3DataDistributionType": "FullyReplicated"}},
}

ANSWERED: dict[str, dict[str, Any]] = {
    "training-job": {
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
    },
    "processing-job": {
        "ProcessingInputs": [
            {
                "AppManaged": False,
                "S3Input": {
                    "S3InputMode": "File",
                    "S3DataDistributionType": "FullyReplicated",
                    "S3CompressionType": "None",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [{"AppManaged": False, "S3Output": {"LocalPath": ""}}],
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 86_400},
        "Environment": {},
    },
    "experiment-trial-component": {"Parameters": {}, "InputArtifacts": {}, "OutputArtifacts": {}},
    "artifact": {"Properties": {}},
    "action": {"Properties": {}},
    "context": {"Properties": {}},
}
"""Kind of record to what its Describe adds. A list holds what to add to each entry of the record's list."""

_ASKED_FOR = frozenset({"DebugHookConfig", "ProcessingInputs", "ProcessingOutputConfig", "InputDataConfig"})
"""Members that stay away where the request had none; what is within them is completed."""


def answered(kind: str, record: Document) -> Document:
    """The record with everything that AWS always answers of its kind."""
    if kind == "training-job" and _is_profiled(record):
        record = {**record, "ProfilingStatus": "Enabled"}
        record["ProfilerConfig"] = {"DisableProfiler": False, **record["ProfilerConfig"]}
    return _completed(record, ANSWERED.get(kind, {}), optional=_ASKED_FOR)


def _is_profiled(job: Document) -> bool:
    config = job.get("ProfilerConfig", {})
    return bool(config.get("S3OutputPath")) and not config.get("DisableProfiler")


def _completed(given: Document, defaults: Mapping[str, Any], optional: frozenset[str]) -> Document:
    found = dict(given)
    for member, default in defaults.items():
        present = found.get(member)
        if present is None:
            if member not in optional:
                found[member] = default
        elif isinstance(default, dict):
            found[member] = _completed(present, default, _NOT_CHOSEN)
        elif isinstance(default, list) and default:
            found[member] = [_completed(entry, default[0], _NOT_CHOSEN) for entry in present]
    return found


_NOT_CHOSEN = frozenset({"DataSource", "S3DataSource", "S3Input", "S3Output"})
"""One of several alternatives: completed where it was chosen."""
