"""``clary jobs`` and ``clary rerun``: what ran, and again from what was recorded."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail

if TYPE_CHECKING:
    from clary.cli.client import Connection

STYLES = {
    "Completed": "green",
    "Failed": "red",
    "Stopped": "yellow",
    "InProgress": "cyan",
    "Stopping": "yellow",
}


def jobs(
    contains: Annotated[str, typer.Option(help="Only names that contain this.")] = "",
    status: Annotated[str, typer.Option(help="InProgress, Completed, Failed, Stopping or Stopped.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first; 0: all.")] = 20,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """List training jobs, newest first."""
    from rich.console import Console
    from rich.table import Table

    from clary.cli.client import connect

    sagemaker = connect(home).client("sagemaker")
    filters: dict[str, Any] = {}
    if contains:
        filters["NameContains"] = contains
    if status:
        filters["StatusEquals"] = status
    table = Table(box=None, header_style="bold")
    table.add_column("Name", overflow="fold")
    for title in ("Status", "Created", "Seconds", "Instances"):
        table.add_column(title, justify="right" if title == "Seconds" else "left", no_wrap=True)
    pages = sagemaker.get_paginator("list_training_jobs").paginate(
        **filters, PaginationConfig={"MaxItems": limit or None, "PageSize": min(limit or 100, 100)}
    )
    for page in pages:
        for summary in page["TrainingJobSummaries"]:
            job = sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
            style = STYLES[job["TrainingJobStatus"]]
            table.add_row(
                job["TrainingJobName"],
                f"[{style}]{_status(job)}[/]",
                _local(job["CreationTime"]),
                str(job.get("TrainingTimeInSeconds", "")),
                _instances(job),
            )
    # Names are there to be copied: into a pipe they go whole.
    Console(width=None if sys.stdout.isatty() else 240).print(table)


def rerun(
    name: Annotated[str, typer.Argument(help="Name of the job to run again.")],
    new_name: Annotated[str | None, typer.Option("--name", help="Name of the new job.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
    follow_it: Annotated[bool, typer.Option("-f", "--follow", help="Follow it until it has ended.")] = False,
) -> None:
    """Start an old job again from what was recorded: same code, data, parameters and image."""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.train import watch

    connection = connect(home)
    try:
        request = recorded_request(connection, name)
        request["TrainingJobName"] = new_name or _next_name(name)
        connection.client("sagemaker").create_training_job(**request)
    except ClientError as error:
        fail(f"{name}: {error.response['Error']['Message']}")
    typer.echo(request["TrainingJobName"])
    if follow_it:
        watch(connection, request["TrainingJobName"])


def recorded_request(connection: Connection, name: str) -> dict[str, Any]:
    """The CreateTrainingJob request a job was made with: what Describe answers and Create takes."""
    sagemaker = connection.client("sagemaker")
    described = sagemaker.describe_training_job(TrainingJobName=name)
    takes = sagemaker.meta.service_model.operation_model("CreateTrainingJob").input_shape
    request = {member: described[member] for member in takes.members if member in described}
    tags = sagemaker.list_tags(ResourceArn=described["TrainingJobArn"])["Tags"]
    if tags:
        request["Tags"] = tags
    return request


def _next_name(name: str) -> str:
    import re

    from clary.cli.names import job_name

    return job_name(re.sub(r"-\d{4}(-\d{2}){5}-\d{3}$", "", name))


def _status(job: dict[str, Any]) -> str:
    status, secondary = job["TrainingJobStatus"], job["SecondaryStatus"]
    return status if secondary == status else f"{status} ({secondary})"


def _instances(job: dict[str, Any]) -> str:
    resources = job["ResourceConfig"]
    groups = resources.get("InstanceGroups") or [resources]
    return ", ".join(f"{group['InstanceCount']} x {group['InstanceType']}" for group in groups)


def _local(at: datetime.datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
