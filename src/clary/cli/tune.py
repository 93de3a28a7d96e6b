"""``clary tune``: a tuning job without the SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, say

if TYPE_CHECKING:
    from clary.cli.client import ServerConnection

Repeated = list[str] | None


def tune(
    script: Annotated[
        Path | None,
        typer.Argument(help="The script to train with. It gets each hyperparameter as --NAME VALUE."),
    ] = None,
    arguments: Annotated[
        Repeated, typer.Argument(help="After --: arguments of all trials, as --epochs 3.")
    ] = None,
    ranges: Annotated[
        Repeated,
        typer.Option(
            "--range",
            help="NAME=LOW..HIGH, or NAME=a,b,c; :log or :reverse-log at the end scales it; may be repeated.",
        ),
    ] = None,
    maximize: Annotated[
        str | None,
        typer.Option(help="NAME=REGEX of the metric; its group is the value in a line of the log."),
    ] = None,
    minimize: Annotated[
        str | None, typer.Option(help="As --maximize, for a metric that should be small.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="How many trials, 20 by default; a grid has its own number.")
    ] = None,
    parallel: Annotated[int, typer.Option(help="How many trials run at once.")] = 2,
    strategy: Annotated[str, typer.Option(help="bayesian, random, grid or hyperband.")] = "bayesian",
    target: Annotated[float | None, typer.Option(help="A value of the metric that is enough.")] = None,
    early_stopping: Annotated[
        bool,
        typer.Option("--early-stopping", help="Stop trials whose values are below the median of others."),
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Of the search, to repeat it.")] = None,
    image: Annotated[str, typer.Option(help="Image name; clary images list shows them.")] = "pytorch",
    inputs: Annotated[
        Repeated, typer.Option("--input", help="CHANNEL=./folder, ./file or s3://...; may be repeated.")
    ] = None,
    instance_type: Annotated[str, typer.Option(help="Instance type of each trial.")] = "ml.m5.large",
    source_dir: Annotated[
        Path | None, typer.Option(help="Folder to send with the script; the script's path is relative to it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the tuning job, at most 32 characters.")] = None,
    environment: Annotated[
        Repeated, typer.Option("--env", help="NAME=VALUE, a variable of the script; may be repeated.")
    ] = None,
    role: Annotated[str, typer.Option(help="Name of the execution role.")] = "ClaryExecutionRole",
    max_run: Annotated[int, typer.Option(help="Longest run of a trial, in seconds.")] = 86_400,
    follow: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only show a tuning job that is there.")
    ] = None,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="Do not wait for the job.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Find good hyperparameters: clary tune train.py --range lr=1e-5..1e-1 --minimize 'loss=loss: ([0-9.]+)'

    The exit code is the job's: 0 Completed, 1 Failed, 3 Stopped.
    """
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.names import tuning_job_name
    from clary.cli.train_options import pairs
    from clary.cli.tune_options import objective, parameter_ranges, static_arguments, tuning_config
    from clary.cli.tune_watch import watch_tuning

    if follow is not None:
        watch_tuning(connect(home), follow)
        return
    if script is None:
        fail("which script? clary tune train.py --range NAME=LOW..HIGH --minimize NAME=REGEX")
    metric = objective(maximize, minimize)
    config = tuning_config(
        strategy, metric, parameter_ranges(ranges), trials=trials, parallel=parallel, target=target, seed=seed
    )
    if early_stopping:
        config["TrainingJobEarlyStoppingType"] = "Auto"
    static = static_arguments(arguments or [])
    variables = pairs("--env", environment)
    connection = connect(home)
    job = name or tuning_job_name(script.stem)
    try:
        definition: dict[str, Any] = {
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [metric.definition],
            },
            "StaticHyperParameters": {**static, **_sent(connection, job, script, source_dir)},
            "RoleArn": f"arn:aws:iam::{connection.account}:role/{role}",
            "OutputDataConfig": {"S3OutputPath": f"s3://{connection.bucket}/"},
            "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": max_run},
            **({"Environment": variables} if variables else {}),
            **_channels(connection, job, inputs),
        }
        connection.client("sagemaker").create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=job,
            HyperParameterTuningJobConfig=config,
            TrainingJobDefinition=definition,
        )
    except ClientError as error:
        fail(error.response["Error"]["Message"])
    if detach:
        typer.echo(job)
        return
    watch_tuning(connection, job)


def _sent(connection: ServerConnection, job: str, script: Path, source_dir: Path | None) -> dict[str, str]:
    """Uploads the source; returns the hyperparameters that name it."""
    from clary.cli.script_hints import hints
    from clary.cli.sending import make_bucket, send_source, source_to_send

    whole = source_dir is not None
    folder, entry = source_to_send(script, source_dir)
    for hint in hints(folder, entry, whole=whole):
        say(f"clary: {hint}")
    make_bucket(connection)
    code = send_source(connection, job, folder, entry, whole=whole)
    return {
        "sagemaker_program": json.dumps(entry),
        "sagemaker_submit_directory": json.dumps(code),
        "sagemaker_region": json.dumps(connection.region),
        "sagemaker_container_log_level": "20",
    }


def _channels(connection: ServerConnection, job: str, inputs: Repeated) -> dict[str, Any]:
    from clary.cli.sending import channel_to_send, send_channel

    channels = [channel_to_send(spec) for spec in inputs or []]
    sent = [send_channel(connection, job, *channel) for channel in channels]
    return {"InputDataConfig": sent} if sent else {}
