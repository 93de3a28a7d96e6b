"""``clary train``: the same training job for people without the SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from clary.cli.console import fail


def train(
    script: Annotated[Path, typer.Argument(help="The script to train with.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="After --: the script's own arguments.")
    ] = None,
    image: Annotated[str, typer.Option(help="Image name; clary images list shows them.")] = "pytorch",
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", help="CHANNEL=./folder, ./file or s3://...; may be repeated."),
    ] = None,
    instance_type: Annotated[str, typer.Option(help="Instance type of each host.")] = "ml.m5.xlarge",
    count: Annotated[int, typer.Option(help="How many hosts.")] = 1,
    source_dir: Annotated[
        Path | None, typer.Option(help="Folder to send with the script; the script's path is relative to it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the job.")] = None,
    output: Annotated[str | None, typer.Option(help="s3://... folder for the model.")] = None,
    role: Annotated[str, typer.Option(help="Name of the execution role.")] = "ClaryExecutionRole",
    max_run: Annotated[int, typer.Option(help="Longest run, in seconds.")] = 86_400,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Do not wait for the job.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """Run a script as a training job: clary train script.py --input training=./data -- --epochs 3"""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.names import job_name
    from clary.cli.sending import channel_to_send, make_bucket, send_channel, send_source, source_to_send
    from clary.cli.watch import watch

    folder, entry = source_to_send(script, source_dir)
    channels = [channel_to_send(spec) for spec in inputs or []]
    connection = connect(home)
    job = name or job_name(script.stem)
    try:
        make_bucket(connection)
        code = send_source(connection, job, folder, entry, whole=source_dir is not None)
        hyperparameters, verbatim = _script_arguments(arguments or [])
        request: dict[str, Any] = {
            "TrainingJobName": job,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": f"arn:aws:iam::{connection.account}:role/{role}",
            "HyperParameters": {
                **hyperparameters,
                "sagemaker_program": json.dumps(entry),
                "sagemaker_submit_directory": json.dumps(code),
                "sagemaker_job_name": json.dumps(job),
                "sagemaker_region": json.dumps(connection.region),
                "sagemaker_container_log_level": "20",
            },
            "InputDataConfig": [send_channel(connection, job, *channel) for channel in channels],
            "OutputDataConfig": {"S3OutputPath": output or f"s3://{connection.bucket}/"},
            "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": max_run},
        }
        if not channels:
            del request["InputDataConfig"]
        if verbatim:
            request["AlgorithmSpecification"]["ContainerArguments"] = verbatim
        connection.client("sagemaker").create_training_job(**request)
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if detach:
        typer.echo(job)
        return
    watch(connection, job)


def _script_arguments(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """The script's arguments as hyperparameters, which the job's record can be searched by; else verbatim.

    Hyperparameters spell ``--name value`` once per name and nothing else, so one flag among the
    arguments makes all of them verbatim: their order may matter.
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
