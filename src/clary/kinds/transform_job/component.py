"""The members of a transform job's trial component."""

from __future__ import annotations

from typing import Any

from clary.kinds.job_component import Component, instance_parameters
from clary.store.component_artifacts import IMAGE_INPUT, MODEL_OUTPUT

Document = dict[str, Any]

INPUT, OUTPUT = "TransformInput", "TransformOutput"
_TEXTS = ("ModelName", "BatchStrategy")
_NUMBERS = ("MaxConcurrentTransforms", "MaxPayloadInMB")


def _parameters(job: Document) -> Document:
    resources = job["TransformResources"]
    return {
        **{f"SageMaker.{name}": {"StringValue": job[name]} for name in _TEXTS if name in job},
        **{f"SageMaker.{name}": {"NumberValue": float(job[name])} for name in _NUMBERS if name in job},
        **instance_parameters([(resources["InstanceType"], resources["InstanceCount"])], None),
    }


def _inputs(job: Document) -> Document:
    first = job["_Containers"][0]
    given = job["TransformInput"]
    inputs: Document = {IMAGE_INPUT: {"Value": first["Image"]}, INPUT: {"Value": input_uri(job)}}
    if given.get("ContentType"):
        inputs[INPUT]["MediaType"] = given["ContentType"]
    if first.get("ModelDataUrl"):
        # The artifact that the training job wrote: so the lineage goes on from the model to what it answered.
        inputs[MODEL_OUTPUT] = {"Value": first["ModelDataUrl"]}
    return inputs


def _outputs(job: Document) -> Document:
    """Empty before the job has run: there are no outputs yet."""
    if "TransformStartTime" not in job or "TransformEndTime" not in job:
        return {}
    output: Document = {"Value": job["TransformOutput"]["S3OutputPath"]}
    if job["TransformOutput"].get("Accept"):
        output["MediaType"] = job["TransformOutput"]["Accept"]
    return {OUTPUT: output}


def input_uri(job: Document) -> str:
    return str(job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])


def _message(job: Document) -> str:
    return f"Status: {job['TransformJobStatus']}, failure reason: {job.get('FailureReason') or ''}."


COMPONENT = Component(
    times="Transform",
    parameters=_parameters,
    inputs=_inputs,
    outputs=_outputs,
    message=_message,
)
