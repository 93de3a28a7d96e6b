"""``clary jobs``: what ran, and what became of it."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail
from clary.cli.job_kinds import KINDS

if TYPE_CHECKING:
    from clary.cli.job_kinds import CliKind

STYLES = {
    "Completed": "green",
    "Failed": "red",
    "Stopped": "yellow",
    "InProgress": "cyan",
    "Stopping": "yellow",
}


def jobs(
    contains: Annotated[str, typer.Option(help="Only names that contain this.")] = "",
    status: Annotated[str, typer.Option(help=f"{', '.join(STYLES)}.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="How many, newest first; 0: all.")] = 20,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """List training and processing jobs, newest first."""
    from rich.console import Console
    from rich.table import Table

    from clary.cli.client import connect

    if status and status not in STYLES:
        fail(f"--status is {status}; it can be {', '.join(STYLES)}")
    sagemaker = connect(home).client("sagemaker")
    filters: dict[str, Any] = {}
    if contains:
        filters["NameContains"] = contains
    if status:
        filters["StatusEquals"] = status
    found = [
        (kind, summary) for kind in KINDS for summary in kind.newest(sagemaker, limit or None, **filters)
    ]
    found.sort(key=lambda one: one[1]["CreationTime"], reverse=True)
    table = Table(box=None, header_style="bold")
    table.add_column("Name", overflow="fold")
    for title in ("Kind", "Status", "Created", "Seconds", "Instances"):
        table.add_column(title, justify="right" if title == "Seconds" else "left", no_wrap=True)
    for kind, summary in found[: limit or None]:
        job = kind.describe(sagemaker, kind.name(summary))
        table.add_row(
            kind.name(job),
            kind.title,
            f"[{STYLES[kind.status(job)]}]{_status(kind, job)}[/]",
            _local(job["CreationTime"]),
            _seconds(kind, job),
            ", ".join(f"{count} x {instance_type}" for count, instance_type in kind.instances(job)),
        )
    # Names are there to be copied: into a pipe they go whole.
    Console(width=None if sys.stdout.isatty() else 240).print(table)


def _status(kind: CliKind, job: dict[str, Any]) -> str:
    status, secondary = kind.status(job), job.get("SecondaryStatus")
    return status if secondary in (None, status) else f"{status} ({secondary})"


def _seconds(kind: CliKind, job: dict[str, Any]) -> str:
    if "TrainingTimeInSeconds" in job:
        return str(job["TrainingTimeInSeconds"])
    if kind.started not in job or kind.ended not in job:
        return ""
    return str(max(1, round((job[kind.ended] - job[kind.started]).total_seconds())))


def _local(at: datetime.datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
