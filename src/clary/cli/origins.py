"""Finds the job or vertex that a user names to run again or to trace: a job, a component, a model.

model's s3:// URI ─┐
artifact's ARN ────┴─> what Produced it ─> trial component ─> its Source: the training job
component's name or ARN ──────────────────────┘                  │
job's name or ARN ───────────────────────────────────────────────┘
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from clary.cli.console import fail

if TYPE_CHECKING:
    from collections.abc import Iterator

Description = dict[str, Any]

LONGEST_JOB_NAME = 63

JOBS = {
    "training-job": "training job",
    "processing-job": "processing job",
    "transform-job": "transform job",
}
"""Types of resources, as in an ARN, that a component may belong to, and their names in sentences."""


IN_LINEAGE = {
    "endpoint": "contexts",
    "model": "artifacts",
    "model-package": "artifacts",
    "model-package-group": "contexts",
}
"""Types of resources that have a vertex of the lineage, and which list has it."""


def find_job(sagemaker: Any, what: str) -> Description:
    """Returns the description of the training job that ``what`` names, belongs to, or was made by."""
    kind = kind_of(what)
    if kind == "training-job":
        return _job_of_arn(sagemaker, what)
    if kind == "name":
        job = _job_named(sagemaker, what)
        return job if job is not None else _job_of_component(sagemaker, _component(sagemaker, what))
    if kind == "experiment-trial-component":
        return _job_of_component(sagemaker, _component(sagemaker, what))
    if kind == "s3":
        return _job_of_model(sagemaker, what)
    if kind == "artifact":
        return _job_of_artifacts(sagemaker, what, [what])
    _not_known(what)


def find_vertex(sagemaker: Any, what: str) -> str:
    """Returns the ARN of the lineage vertex that ``what`` names: an artifact, the component of a job ...

    An endpoint, a model, a model package and its group stand for the vertex that tells of them.
    """
    kind = kind_of(what)
    if kind in ("artifact", "action", "context"):
        return what
    if kind == "experiment-trial-component":
        return str(_component(sagemaker, what)["TrialComponentArn"])
    if kind == "s3":
        found = artifacts_at(sagemaker, what)
        if not found:
            fail(f"no artifact of the lineage lies at {what}; name a model by its whole URI")
        # A location may have artifacts of callers and of the platform. One with a producer says more.
        return next((arn for arn in found if any(producers(sagemaker, arn))), found[0])
    if kind in JOBS:
        return _vertex_of_job(sagemaker, what)
    if kind in IN_LINEAGE:
        return _vertex_about(sagemaker, what)
    if kind != "name":
        _not_known(what)
    job = _job_named(sagemaker, what)
    if job is None:
        endpoint = _endpoint_named(sagemaker, what)
        if endpoint is not None:
            return _vertex_about(sagemaker, endpoint)
        return str(_component(sagemaker, what, f"{what}-aws-processing-job")["TrialComponentArn"])
    return _vertex_of_job(sagemaker, job["TrainingJobArn"])


def kind_of(what: str) -> str:
    """``s3``, ``name``, or the type of resource in an ARN."""
    if what.startswith("s3://"):
        return "s3"
    if what.startswith("arn:"):
        return what.rpartition(":")[2].partition("/")[0]
    return "name"


def component_of_job(sagemaker: Any, arn: str) -> str | None:
    """Returns the ARN of a job's trial component; None when it was deleted."""
    found = sagemaker.list_trial_components(SourceArn=arn)["TrialComponentSummaries"]
    return str(found[0]["TrialComponentArn"]) if found else None


def artifacts_at(sagemaker: Any, uri: str) -> list[str]:
    """Returns the ARNs of the artifacts at a location, the newest first."""
    pages = sagemaker.get_paginator("list_artifacts").paginate(SourceUri=uri)
    return [summary["ArtifactArn"] for page in pages for summary in page["ArtifactSummaries"]]


def producers(sagemaker: Any, artifact: str) -> Iterator[str]:
    """Yields the ARNs of the trial components that wrote an artifact, the latest first."""
    pages = sagemaker.get_paginator("list_associations").paginate(
        DestinationArn=artifact, AssociationType="Produced"
    )
    for page in pages:
        for summary in page["AssociationSummaries"]:
            if kind_of(summary["SourceArn"]) == "experiment-trial-component":
                yield summary["SourceArn"]


def _job_of_model(sagemaker: Any, uri: str) -> Description:
    found = artifacts_at(sagemaker, uri)
    if found:
        return _job_of_artifacts(sagemaker, uri, found)
    # The component and its lineage may have been deleted. The job's record still names its model.
    its_model = {"Name": "ModelArtifacts.S3ModelArtifacts", "Value": uri}
    results = sagemaker.search(Resource="TrainingJob", SearchExpression={"Filters": [its_model]})["Results"]
    if not results:
        fail(f"no job is known to have made {uri}; name a model by its whole URI, or give the job's name")
    return _described(sagemaker, results[0]["TrainingJob"]["TrainingJobName"])


def _job_of_artifacts(sagemaker: Any, what: str, artifacts: list[str]) -> Description:
    made_by = [arn for artifact in artifacts for arn in producers(sagemaker, artifact)]
    components = [sagemaker.describe_trial_component(TrialComponentName=arn) for arn in made_by]
    for component in components:
        if kind_of(component.get("Source", {}).get("SourceArn", "")) == "training-job":
            return _job_of_component(sagemaker, component)
    if components:
        fail(
            f"{what} was made by {components[0]['TrialComponentName']}, which is no training job; "
            "only a training job can be run again"
        )
    fail(f"no job is known to have made {what}; it may be what jobs were given")


def _job_of_component(sagemaker: Any, component: Description) -> Description:
    name = component["TrialComponentName"]
    source = component.get("Source", {}).get("SourceArn", "")
    if kind_of(source) == "training-job":
        return _job_of_arn(sagemaker, source)
    # A run of sagemaker.experiments names the jobs that were started inside it.
    inside = [each["SourceArn"] for each in component.get("Sources", ())]
    jobs = [arn for arn in inside if kind_of(arn) == "training-job"]
    if len(jobs) == 1:
        return _job_of_arn(sagemaker, jobs[0])
    if jobs:
        names = ", ".join(arn.rpartition("/")[2] for arn in jobs)
        fail(f"{name} tells of {len(jobs)} jobs; name one of them: {names}")
    fail(f"{name} tells of no training job; only a training job can be run again")


def _vertex_of_job(sagemaker: Any, arn: str) -> str:
    component = component_of_job(sagemaker, arn)
    if component is None:
        name = arn.rpartition("/")[2]
        fail(f"no trial component tells of {name}; where it was deleted, its lineage went with it")
    return component


def _vertex_about(sagemaker: Any, arn: str) -> str:
    """Returns the ARN of the context or the artifact whose Source is a resource."""
    if IN_LINEAGE[kind_of(arn)] == "artifacts":
        found = artifacts_at(sagemaker, arn)
    else:
        contexts = sagemaker.list_contexts(SourceUri=arn)["ContextSummaries"]
        found = [summary["ContextArn"] for summary in contexts]
    if not found:
        _not_known(arn)
    return found[0]


def _endpoint_named(sagemaker: Any, name: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        return str(sagemaker.describe_endpoint(EndpointName=name)["EndpointArn"])
    except ClientError:
        return None


def _component(sagemaker: Any, *names: str) -> Description:
    """Returns the first component that exists among these names or ARNs; ends the command without one."""
    from botocore.exceptions import ClientError

    for name in names:
        try:
            found: Description = sagemaker.describe_trial_component(TrialComponentName=name)
        except ClientError:
            continue
        return found
    _not_known(names[0])


def _job_named(sagemaker: Any, name: str) -> Description | None:
    from botocore.exceptions import ClientError

    if len(name) > LONGEST_JOB_NAME:
        return None
    try:
        found: Description = sagemaker.describe_training_job(TrainingJobName=name)
    except ClientError:
        return None
    return found


def _job_of_arn(sagemaker: Any, arn: str) -> Description:
    return _described(sagemaker, arn.rpartition("/")[2])


def _described(sagemaker: Any, name: str) -> Description:
    found = _job_named(sagemaker, name)
    if found is None:
        fail(f"there is no training job {name}, or it was deleted; clary jobs lists those that are there")
    return found


def _not_known(what: str) -> NoReturn:
    fail(f"{what} is no job, trial component or model that is known here; clary jobs lists the jobs")
