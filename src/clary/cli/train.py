"""``clary train``: a training job without the SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from clary.cli.console import fail, say

Repeated = list[str] | None
"""The type of an option that may be repeated."""


def train(
    script: Annotated[Path, typer.Argument(help="The script to train with.")],
    arguments: Annotated[Repeated, typer.Argument(help="After --: the script's own arguments.")] = None,
    image: Annotated[str, typer.Option(help="Image name; clary images list shows them.")] = "pytorch",
    inputs: Annotated[
        Repeated, typer.Option("--input", help="CHANNEL=./folder, ./file or s3://...; may be repeated.")
    ] = None,
    instance_type: Annotated[str, typer.Option(help="Instance type of each host.")] = "ml.m5.xlarge",
    count: Annotated[int, typer.Option(help="How many hosts.")] = 1,
    source_dir: Annotated[
        Path | None, typer.Option(help="Folder to send with the script; the script's path is relative to it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the job.")] = None,
    output: Annotated[str | None, typer.Option(help="s3://... folder for the model.")] = None,
    checkpoint: Annotated[
        str | None, typer.Option(help="s3://... folder of /opt/ml/checkpoints, restored at the start.")
    ] = None,
    environment: Annotated[
        Repeated, typer.Option("--env", help="NAME=VALUE, a variable of the script; may be repeated.")
    ] = None,
    metrics: Annotated[
        Repeated,
        typer.Option("--metric", help="NAME=REGEX, its group is the value in a line; may be repeated."),
    ] = None,
    rules: Annotated[
        Repeated,
        typer.Option(
            "--rule", help="NAME, or NAME:PARAMETER=VALUE; NAME:stop ends the job; may be repeated."
        ),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(help="Experiment it belongs to; made where it is not there.")
    ] = None,
    trial: Annotated[
        str | None, typer.Option(help="Trial of the experiment, by default of its name.")
    ] = None,
    display: Annotated[
        str | None,
        typer.Option(help="What the job is called in its trial, by default --name, else the script's name."),
    ] = None,
    tags: Annotated[Repeated, typer.Option("--tag", help="NAME=VALUE; may be repeated.")] = None,
    role: Annotated[str, typer.Option(help="Name of the execution role.")] = "ClaryExecutionRole",
    max_run: Annotated[int, typer.Option(help="Longest run, in seconds.")] = 86_400,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Do not wait for the job.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Run a script as a training job: clary train script.py --input training=./data -- --epochs 3

    The exit code is the job's: 0 Completed, 1 Failed, 3 Stopped.
    """
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.commit import commit_tags
    from clary.cli.names import job_name
    from clary.cli.rule_options import rule_members
    from clary.cli.script_hints import hints
    from clary.cli.sending import channel_to_send, make_bucket, send_channel, send_source, source_to_send
    from clary.cli.train_options import checkpoint_config, experiment_config, metric_definitions, pairs
    from clary.cli.watch import watch

    folder, entry = source_to_send(script, source_dir)
    channels = [channel_to_send(spec) for spec in inputs or []]
    hyperparameters, verbatim = _script_arguments(arguments or [])
    told = {**commit_tags(folder), **pairs("--tag", tags)}
    for hint in hints(folder, entry, whole=source_dir is not None):
        say(f"clary: {hint}")
    connection = connect(home)
    job = name or job_name(script.stem)
    models = output or f"s3://{connection.bucket}/"
    request: dict[str, Any] = {
        "TrainingJobName": job,
        "AlgorithmSpecification": {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "ContainerArguments": verbatim,
            "MetricDefinitions": metric_definitions(metrics),
        },
        "RoleArn": f"arn:aws:iam::{connection.account}:role/{role}",
        "OutputDataConfig": {"S3OutputPath": models},
        "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": max_run},
        "CheckpointConfig": checkpoint_config(checkpoint),
        "Environment": pairs("--env", environment),
        "Tags": [{"Key": key, "Value": value} for key, value in told.items()],
        **(rule_members(rules, models) if rules else {}),
    }
    try:
        make_bucket(connection)
        code = send_source(connection, job, folder, entry, whole=source_dir is not None)
        request["HyperParameters"] = {
            **hyperparameters,
            "sagemaker_program": json.dumps(entry),
            "sagemaker_submit_directory": json.dumps(code),
            "sagemaker_job_name": json.dumps(job),
            "sagemaker_region": json.dumps(connection.region),
            "sagemaker_container_log_level": "20",
        }
        request["InputDataConfig"] = [send_channel(connection, job, *channel) for channel in channels]
        sagemaker = connection.client("sagemaker")
        request["ExperimentConfig"] = experiment_config(
            sagemaker, experiment, trial, display or name or script.stem
        )
        sagemaker.create_training_job(**_without_empty(request))
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if detach:
        typer.echo(job)
        return
    watch(connection, job)


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """Removes empty members; the service refuses some of them."""
    inner = {
        member: _without_empty(value) if isinstance(value, dict) else value
        for member, value in document.items()
    }
    return {member: value for member, value in inner.items() if value not in (None, [], {})}


def _script_arguments(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """Returns the script's arguments as hyperparameters, or unchanged as ContainerArguments.

    Jobs can be searched by hyperparameters, but these can only express ``--name value`` once per name. With
    any other argument, all are passed unchanged, because their order may matter.
    """
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        name, separator, value = rest.pop(0).partition("=")
        if not separator and rest and not rest[0].startswith("--"):
            separator, value = " ", rest.pop(0)
        if not name.startswith("--") or not separator or name[2:] in found:
            return {}, arguments
        found[name[2:]] = value
    return found, []
