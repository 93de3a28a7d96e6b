"""The members of a processing job's trial component."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clary.kinds.job_component import VALUE_LIMIT, Component, instance_parameters, parameter_value
from clary.store.component_artifacts import IMAGE_INPUT

from .cluster import instances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Document = dict[str, Any]

_OPTION = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)


def _parameters(job: Document) -> Document:
    application = job["AppSpecification"]
    cluster = job["ProcessingResources"]["ClusterConfig"]
    words = {
        "SageMaker.ContainerEntrypoint": application.get("ContainerEntrypoint", ()),
        "SageMaker.ContainerArguments": application.get("ContainerArguments", ()),
    }
    return {
        **{
            name: parameter_value(value) for name, value in options(application.get("ContainerArguments", ()))
        },
        **{name: {"StringValue": " ".join(said)[:VALUE_LIMIT]} for name, said in words.items() if said},
        **instance_parameters([instances(job)], cluster.get("VolumeSizeInGB")),
    }


def options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(name, value) of each ``--name value`` and ``--name=value``; a bare ``--name`` is ``true``."""
    for index, word in enumerate(arguments):
        matched = _OPTION.fullmatch(word)
        if matched is None:
            continue
        name, value = matched.groups()
        if value is None:
            following = arguments[index + 1 : index + 2]
            value = "true" if not following or _OPTION.fullmatch(following[0]) else following[0]
        yield name, value


def _inputs(job: Document) -> Document:
    inputs: Document = {IMAGE_INPUT: {"Value": job["AppSpecification"]["ImageUri"]}}
    for each in job.get("ProcessingInputs", ()):
        if "S3Input" in each:
            inputs[each["InputName"]] = {"Value": each["S3Input"]["S3Uri"]}
    return inputs


def _outputs(job: Document) -> Document:
    """Empty before the job has run: there are no outputs yet."""
    if "ProcessingStartTime" not in job or "ProcessingEndTime" not in job:
        return {}
    return {
        each["OutputName"]: {"Value": each["S3Output"]["S3Uri"]}
        for each in job.get("ProcessingOutputConfig", {}).get("Outputs", ())
        if "S3Output" in each
    }


def _message(job: Document) -> str:
    said = job.get("ExitMessage") or ""
    return (
        f"Status: {job['ProcessingJobStatus']}, exit message: {said}, "
        f"failure reason: {job.get('FailureReason', '')}."
    )


COMPONENT = Component(
    times="Processing",
    parameters=_parameters,
    inputs=_inputs,
    outputs=_outputs,
    message=_message,
)
