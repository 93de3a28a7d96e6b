"""The members of a job's trial component, from the record of the job. Pure functions.

What is the same for every kind of job is here; the ``component.py`` of a kind says what differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.store.component_artifacts import CHECKPOINT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .kind import Kind

Document = dict[str, Any]

GROWING = ("Parameters", "InputArtifacts", "OutputArtifacts")
ENVIRONMENT = "SageMaker.Environment"
INPUT_CONTENT = "SageMaker.Input."
VALUE_LIMIT = 2500
MESSAGE_LIMIT = 1024
"""The longest StringValue and status message that the model allows."""


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """What a kind says of its trial components. Each function takes the record of a job.

    times: what the members of a job's times begin with. outputs: those that are known by then.
    """

    times: str
    parameters: Callable[[Document], Document]
    inputs: Callable[[Document], Document]
    outputs: Callable[[Document], Document]
    message: Callable[[Document], str]


def component_name(kind: Kind, job_name: str) -> str:
    """Clients build this name themselves to find the component of a job."""
    return f"{job_name}-aws-{kind.record_kind}"


def origin(kind: Kind, job: Document) -> Document:
    """The Source of the component."""
    return {"SourceArn": kind.arn(job), "SourceType": source_type(kind)}


def source_type(kind: Kind) -> str:
    return f"SageMaker{kind.noun}"


def first_members(kind: Kind, job: Document) -> Document:
    """The members of a new component. Callers may add to them later."""
    component = _component(kind)
    name = component_name(kind, kind.name(job))
    return {
        "TrialComponentName": name,
        "DisplayName": job.get("ExperimentConfig", {}).get("TrialComponentDisplayName", name),
        "Source": origin(kind, job),
        "CreatedBy": {"IamIdentity": {"Arn": job["_Owner"]}} if "_Owner" in job else {},
        **changing_members(kind, job),
        "Parameters": {**component.parameters(job), **contents(job), **_environment(job)},
        "InputArtifacts": component.inputs(job),
    }


def changing_members(kind: Kind, job: Document) -> Document:
    """The members that change with the job. Those of ``GROWING`` are added to present values."""
    component = _component(kind)
    members: Document = {
        "Parameters": {**contents(job), **_environment(job)},
        # Whether there is a checkpoint to begin from is known when the job has hosts, all others at once.
        "InputArtifacts": {
            name: value for name, value in component.inputs(job).items() if name == CHECKPOINT
        },
        "Status": {"PrimaryStatus": kind.status(job), "Message": component.message(job)[:MESSAGE_LIMIT]},
        "OutputArtifacts": component.outputs(job),
    }
    if made_with := _made_with(job):
        members["MetadataProperties"] = made_with
    for member in ("StartTime", "EndTime"):
        if f"{component.times}{member}" in job:
            members[member] = job[f"{component.times}{member}"]
    return members


def _component(kind: Kind) -> Component:
    assert kind.component is not None, f"{kind.record_kind} is not tracked"
    return kind.component


def _made_with(job: Document) -> Document:
    """The software that ran, and the commit of its source if the caller gave it."""
    known = {"GeneratedBy": job.get("_Software"), **job.get("_SourceCommit", {})}
    return {member: value for member, value in known.items() if value}


def _environment(job: Document) -> Document:
    """The log stream with the list of packages."""
    return {ENVIRONMENT: {"StringValue": job["_Environment"]}} if job.get("_Environment") else {}


def contents(job: Document) -> Document:
    """The content of the job's inputs, as parameters; ``clary trace`` compares it with the present one."""
    return {
        name if name.startswith("SageMaker.") else INPUT_CONTENT + name: {"StringValue": content}
        for name, content in job.get("_Inputs", {}).items()
    }


def instance_parameters(groups: Iterable[tuple[str, int]], volume_gb: int | None) -> Document:
    """groups: (instance type, how many)."""
    groups = list(groups)
    types = dict.fromkeys(instance_type for instance_type, _ in groups)
    parameters: Document = {
        "SageMaker.InstanceType": {"StringValue": ", ".join(types)},
        "SageMaker.InstanceCount": {"NumberValue": float(sum(count for _, count in groups))},
    }
    if volume_gb is not None:
        parameters["SageMaker.VolumeSizeInGB"] = {"NumberValue": float(volume_gb)}
    return parameters


def parameter_value(text: str) -> Document:
    """A number if the text is a finite one, else a string as it is, also with the quotes of JSON."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    # Python reads 1_000 as a number; nobody else does.
    if math.isfinite(number) and "_" not in text:
        return {"NumberValue": number}
    return {"StringValue": text[:VALUE_LIMIT]}
