"""The members of a training job's trial component."""

from __future__ import annotations

from typing import Any

from clary.domain.content import NOTHING
from clary.kinds.job_component import Component, instance_parameters, parameter_value
from clary.store.component_artifacts import CHECKPOINT, DEBUG_OUTPUT, IMAGE_INPUT, MODEL_OUTPUT

from . import inputs as places
from .cluster import instance_groups

Document = dict[str, Any]


def _parameters(job: Document) -> Document:
    groups = [(group["InstanceType"], group["InstanceCount"]) for group in instance_groups(job)]
    return {
        **{key: parameter_value(value) for key, value in job.get("HyperParameters", {}).items()},
        **instance_parameters(groups, job["ResourceConfig"].get("VolumeSizeInGB")),
    }


def _inputs(job: Document) -> Document:
    inputs: Document = {IMAGE_INPUT: {"Value": job["AlgorithmSpecification"]["TrainingImage"]}}
    for channel in job.get("InputDataConfig", ()):
        artifact = {"Value": channel["DataSource"]["S3DataSource"]["S3Uri"]}
        if "ContentType" in channel:
            artifact["MediaType"] = channel["ContentType"]
        inputs[channel["ChannelName"]] = artifact
    if job.get("_Inputs", {}).get(places.CHECKPOINT, NOTHING) != NOTHING:
        inputs[CHECKPOINT] = {"Value": job["CheckpointConfig"]["S3Uri"]}
    return inputs


def _outputs(job: Document) -> Document:
    outputs: Document = {}
    if "S3OutputPath" in job.get("DebugHookConfig", {}):
        outputs[DEBUG_OUTPUT] = {"Value": job["DebugHookConfig"]["S3OutputPath"]}
    reports = job.get("_Reports", {}).values()
    # Describe has a URI for the model of every completed job, even if the job saved none.
    if "ModelArtifacts" in job and any(report.get("ModelUploaded") for report in reports):
        outputs[MODEL_OUTPUT] = {"Value": job["ModelArtifacts"]["S3ModelArtifacts"]}
    if "CheckpointConfig" in job and any(report.get("CheckpointsUploaded") for report in reports):
        outputs[CHECKPOINT] = {"Value": job["CheckpointConfig"]["S3Uri"]}
    return outputs


def _message(job: Document) -> str:
    status, secondary = job["TrainingJobStatus"], job["SecondaryStatus"]
    return f"Status: {status}, secondary status: {secondary}, failure reason: {job.get('FailureReason', '')}."


COMPONENT = Component(
    times="Training",
    parameters=_parameters,
    inputs=_inputs,
    outputs=_outputs,
    message=_message,
)
