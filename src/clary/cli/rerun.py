"""``clary rerun``: runs a job again from its record."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.cli.client import ServerConnection

Description = dict[str, Any]

TRACKED_WITHIN_S = 20.0


def rerun(
    what: Annotated[
        str, typer.Argument(help="A job, a trial component, or a model: its name, ARN or s3:// URI.")
    ],
    new_name: Annotated[str | None, typer.Option("--name", help="Name of the new job.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A hyperparameter of another value; may be repeated."
        ),
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Begin without the checkpoint that the job began from.")
    ] = False,
    follow_it: Annotated[
        bool, typer.Option("--follow/--detach", "-f/-d", help="Wait for the job, or only start it.")
    ] = True,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Run a job again from what was recorded: same source, data, parameters, image and instances.

    It may be named by what it made: clary rerun s3://bucket/job/output/model.tar.gz --set epochs=5
    """
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.origins import component_of_job, find_job
    from clary.cli.watch import watch

    connection = connect(home)
    sagemaker = connection.client("sagemaker")
    try:
        before = find_job(sagemaker, what)
        name = new_name or _next_name(before["TrainingJobName"])
        say(f"{name}: as {before['TrainingJobName']}, of {_local(before['CreationTime'])}")
        request = _with_changes(_renamed(recorded_request(sagemaker, before), before, name), changes or [])
        component = component_of_job(sagemaker, before["TrainingJobArn"])
        told = {} if component is None else sagemaker.describe_trial_component(TrialComponentName=component)
        _report_inputs(connection, before, told)
        _drop_deleted_experiment(sagemaker, request)
        if "CheckpointConfig" in request:
            _restore_checkpoint(connection, before, told, request, from_scratch=from_scratch)
        sagemaker.create_training_job(**request)
        typer.echo(name)
        if component is not None:
            _link_to_original(sagemaker, component, name)
    except ClientError as error:
        fail(f"{what}: {error.response['Error']['Message']}")
    if not follow_it:
        return
    _compare(before, watch(connection, name))


def recorded_request(sagemaker: Any, described: Description) -> dict[str, Any]:
    """Returns the request that created a job: the members of Describe that Create takes, and the tags."""
    takes = sagemaker.meta.service_model.operation_model("CreateTrainingJob").input_shape
    request = {member: described[member] for member in takes.members if member in described}
    tags = sagemaker.list_tags(ResourceArn=described["TrainingJobArn"])["Tags"]
    if tags:
        request["Tags"] = tags
    return request


def _renamed(request: dict[str, Any], before: Description, name: str) -> dict[str, Any]:
    """Returns the request under a new name, with an empty checkpoint folder of its own."""
    anew = {**request, "TrainingJobName": name}
    told = request.get("HyperParameters", {})
    if told.get("sagemaker_job_name", "").strip('"') == before["TrainingJobName"]:
        anew["HyperParameters"] = {**told, "sagemaker_job_name": json.dumps(name)}
    if "CheckpointConfig" in request:
        # The old folder holds the last checkpoints: a job that starts from these would train nothing.
        uri = f"{request['CheckpointConfig']['S3Uri'].rstrip('/')}-{name}"
        anew["CheckpointConfig"] = {**request["CheckpointConfig"], "S3Uri": uri}
    return anew


def _with_changes(request: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    told = dict(request.get("HyperParameters", {}))
    verbatim = request["AlgorithmSpecification"].get("ContainerArguments", [])
    for change in changes:
        name, separator, value = change.partition("=")
        if not separator or not name:
            fail(f"--set {change}: write it as NAME=VALUE")
        if any(argument.partition("=")[0].lstrip("-") == name for argument in verbatim):
            fail(
                f"--set {change}: the job was given its arguments as they are ({' '.join(verbatim)}), "
                "not as hyperparameters; start it anew with clary train"
            )
        if name not in told:
            say(f"  {name}: {value}, which the job was not given")
        else:
            say(f"  {name}: {value} instead of {told[name]}")
        told[name] = spelled_like(told.get(name, ""), value)
    return {**request, "HyperParameters": told} if told else request


def spelled_like(before: str, value: str) -> str:
    """Returns a value in the format of the one it replaces: the SDK sends its strings as JSON."""
    if before.startswith('"') and not value.startswith('"'):
        return json.dumps(value)
    return value


def _restore_checkpoint(
    connection: ServerConnection,
    before: Description,
    component: Description,
    request: dict[str, Any],
    *,
    from_scratch: bool,
) -> None:
    """Copies the checkpoint that the job started from; ends the command when the checkpoint is gone."""
    from clary.cli.rerun_checkpoint import checkpoint_uri, copy_checkpoint, find_checkpoint

    uri = request["CheckpointConfig"]["S3Uri"]
    if from_scratch or not checkpoint_uri(component):
        say(f"  checkpoints: from none, to {uri}")
        return
    s3 = connection.client("s3")
    objects = find_checkpoint(s3, before, component)
    if objects is None:
        fail(
            f"{before['TrainingJobName']} can't run again: the checkpoint that it began from, in "
            f"{checkpoint_uri(component)}, was overwritten or deleted since; --from-scratch begins without it"
        )
    copy_checkpoint(s3, objects, component, uri)
    say(f"  checkpoints: from the {len(objects)} files it began from, to {uri}")


def _report_inputs(connection: ServerConnection, before: Description, component: Description) -> None:
    """Says which inputs have changed; ends the command when one no longer exists."""
    from clary.cli.input_changes import contents_of, inputs_of

    found = list(inputs_of(connection.client("s3"), before, contents_of(component)))
    for each in found:
        say(f"  {each.summary}")
    gone = [each for each in found if not each.keys]
    if gone:
        fail(f"{before['TrainingJobName']} can't run again: {gone[0].summary}")


def _drop_deleted_experiment(sagemaker: Any, request: dict[str, Any]) -> None:
    """Removes an experiment, trial or run from the request that was deleted since."""
    from botocore.exceptions import ClientError

    config = dict(request.get("ExperimentConfig", {}))
    asks = (
        ("ExperimentName", "ExperimentName", sagemaker.describe_experiment),
        ("TrialName", "TrialName", sagemaker.describe_trial),
        ("RunName", "TrialComponentName", sagemaker.describe_trial_component),
    )
    for member, asked, ask in asks:
        if member not in config:
            continue
        try:
            ask(**{asked: config[member]})
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ResourceNotFound", "ResourceNotFoundException"):
                raise
            say(f"  {member} {config.pop(member)} was deleted; the new job goes without it")
    if config:
        request["ExperimentConfig"] = config
    else:
        request.pop("ExperimentConfig", None)


def _link_to_original(sagemaker: Any, component: str, name: str) -> None:
    """Adds an association from the old job's component to the new job's, once the new one exists."""
    deadline = time.monotonic() + TRACKED_WITHIN_S
    while True:
        found = sagemaker.list_trial_components(SourceArn=_job_arn(component, name))
        if found["TrialComponentSummaries"]:
            break
        if time.monotonic() > deadline:
            say(f"  {name} has no trial component yet, so its lineage does not name the job it repeats")
            return
        time.sleep(0.02)
    sagemaker.add_association(
        SourceArn=component,
        DestinationArn=found["TrialComponentSummaries"][0]["TrialComponentArn"],
        AssociationType="DerivedFrom",
    )


def _job_arn(component: str, name: str) -> str:
    return f"{component.partition(':experiment-trial-component/')[0]}:training-job/{name}"


def _compare(before: Description, after: Description) -> None:
    old = {metric["MetricName"]: metric["Value"] for metric in before.get("FinalMetricDataList", ())}
    new = {metric["MetricName"]: metric["Value"] for metric in after.get("FinalMetricDataList", ())}
    both = [name for name in old if name in new]
    apart = [name for name in both if old[name] != new[name]]
    if both and not apart:
        say(f"  the same {', '.join(both)} as {before['TrainingJobName']}")
    for name in apart:
        say(f"  {name} was {old[name]:g}")


def _next_name(name: str) -> str:
    from clary.cli.names import job_name

    return job_name(re.sub(r"-\d{4}(-\d{2}){5}-\d{3}$", "", name))


def _local(at: Any) -> str:
    return str(at.astimezone().strftime("%Y-%m-%d %H:%M:%S"))
