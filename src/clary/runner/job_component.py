"""What a job's trial component says, read off the job's record. Pure functions."""

from __future__ import annotations

import math
from typing import Any

from clary.store.lineage import DEBUG_OUTPUT, IMAGE_INPUT, MODEL_OUTPUT

from .cluster import instance_groups

Document = dict[str, Any]

SOURCE_TYPE = "SageMakerTrainingJob"

VALUE_LIMIT = 2500
MESSAGE_LIMIT = 1024
"""The longest StringValue and status message that the model allows."""


def component_name(job_name: str) -> str:
    """Clients build this name themselves to find the component of a job."""
    return f"{job_name}-aws-training-job"


def first_members(job: Document) -> Document:
    """What is known when the job is made; callers may add to it afterwards."""
    name = component_name(job["TrainingJobName"])
    return {
        "TrialComponentName": name,
        "DisplayName": job.get("ExperimentConfig", {}).get("TrialComponentDisplayName", name),
        "Source": origin(job),
        "CreatedBy": {"IamIdentity": {"Arn": job["_Owner"]}} if "_Owner" in job else {},
        "Parameters": _parameters(job),
        "InputArtifacts": _inputs(job),
        **changing_members(job),
    }


def changing_members(job: Document) -> Document:
    """What follows the job through its life. OutputArtifacts are to be added to those that are there."""
    status, secondary = job["TrainingJobStatus"], job["SecondaryStatus"]
    message = (
        f"Status: {status}, secondary status: {secondary}, failure reason: {job.get('FailureReason', '')}."
    )
    members: Document = {
        "Status": {"PrimaryStatus": status, "Message": message[:MESSAGE_LIMIT]},
        "OutputArtifacts": _outputs(job),
    }
    for member, of_the_job in (("StartTime", "TrainingStartTime"), ("EndTime", "TrainingEndTime")):
        if of_the_job in job:
            members[member] = job[of_the_job]
    return members


def origin(job: Document) -> Document:
    return {"SourceArn": job["TrainingJobArn"], "SourceType": SOURCE_TYPE}


def parameter_value(text: str) -> Document:
    """A number where the text spells a finite one, else a string, with the quotes a JSON string has."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    # Python reads 1_000 as a number; nobody else does.
    if math.isfinite(number) and "_" not in text:
        return {"NumberValue": number}
    return {"StringValue": text[:VALUE_LIMIT]}


def _parameters(job: Document) -> Document:
    parameters = {key: parameter_value(value) for key, value in job.get("HyperParameters", {}).items()}
    groups = instance_groups(job)
    types = dict.fromkeys(group["InstanceType"] for group in groups)
    parameters["SageMaker.InstanceType"] = {"StringValue": ", ".join(types)}
    parameters["SageMaker.InstanceCount"] = {
        "NumberValue": float(sum(group["InstanceCount"] for group in groups))
    }
    if "VolumeSizeInGB" in job["ResourceConfig"]:
        parameters["SageMaker.VolumeSizeInGB"] = {
            "NumberValue": float(job["ResourceConfig"]["VolumeSizeInGB"])
        }
    return parameters


def _inputs(job: Document) -> Document:
    inputs: Document = {IMAGE_INPUT: {"Value": job["AlgorithmSpecification"]["TrainingImage"]}}
    for channel in job.get("InputDataConfig", ()):
        artifact = {"Value": channel["DataSource"]["S3DataSource"]["S3Uri"]}
        if "ContentType" in channel:
            artifact["MediaType"] = channel["ContentType"]
        inputs[channel["ChannelName"]] = artifact
    return inputs


def _outputs(job: Document) -> Document:
    outputs: Document = {}
    if "S3OutputPath" in job.get("DebugHookConfig", {}):
        outputs[DEBUG_OUTPUT] = {"Value": job["DebugHookConfig"]["S3OutputPath"]}
    if "ModelArtifacts" in job:
        outputs[MODEL_OUTPUT] = {"Value": job["ModelArtifacts"]["S3ModelArtifacts"]}
    return outputs
