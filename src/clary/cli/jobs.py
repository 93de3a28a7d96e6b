"""``clary jobs``: a table of jobs and their results."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import fail, say
from clary.cli.job_kinds import KINDS, SEARCHES
from clary.cli.search_details import progress_of
from clary.cli.tables import print_rows, spelled

if TYPE_CHECKING:
    from clary.cli.job_kinds import CliKind

UNFINISHED = ("InProgress", "Stopping")
STATUSES = ("Completed", "Failed", "Stopped", *UNFINISHED)


def jobs(
    contains: Annotated[str, typer.Option(help="Only names that contain this.")] = "",
    status: Annotated[str, typer.Option(help=f"{', '.join(STATUSES)}.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="How many, newest first; 0: all.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """List jobs, newest first. Tuning and Autopilot jobs that go on stand above those that they make."""
    from clary.cli.client import connect

    if status and status not in STATUSES:
        fail(f"--status is {status}; it can be {', '.join(STATUSES)}")
    sagemaker = connect(home).client("sagemaker")
    filters: dict[str, Any] = {}
    if contains:
        filters["NameContains"] = contains
    if status:
        filters["StatusEquals"] = status
    found = [
        (kind, summary) for kind in KINDS for summary in kind.newest(sagemaker, limit or None, **filters)
    ]
    found.sort(key=_order, reverse=True)
    listed = [
        _listed(sagemaker, kind, kind.describe(sagemaker, kind.name(summary)))
        for kind, summary in found[: limit or None]
    ]
    if as_json:
        typer.echo(json.dumps(listed, indent=2))
        return
    if not listed:
        say("there are no such jobs" if filters else "there are no jobs yet; clary train runs one")
        return
    titles = ["Name", "Status", "Created", "Seconds", "Kind", "Instances", "Ran"]
    rows = [[_cell(title, job[title]) for title in titles] for job in listed]
    print_rows(titles, rows, may_leave_out=("Kind", "Instances", "Ran", "Seconds", "Created"))


def _order(one: tuple[CliKind, dict[str, Any]]) -> tuple[bool, datetime.datetime]:
    """A search is older than the jobs that it makes, and they would push it out of the list."""
    kind, summary = one
    created: datetime.datetime = summary["CreationTime"]
    return kind in SEARCHES and kind.status(summary) in UNFINISHED, created


def _listed(sagemaker: Any, kind: CliKind, job: dict[str, Any]) -> dict[str, Any]:
    more = [text for text in (kind.state(job), progress_of(sagemaker, kind, job)) if text]
    return {
        "Name": kind.name(job),
        "Kind": kind.title,
        "Status": f"{kind.status(job)} ({', '.join(more)})" if more else kind.status(job),
        "Created": job["CreationTime"].isoformat(),
        "Seconds": kind.seconds(job),
        "Instances": [f"{count} x {instance_type}" for count, instance_type in kind.instances(job)],
        "Ran": kind.software(job),
    }


def _cell(title: str, value: Any) -> str:
    if title == "Created":
        return f"{datetime.datetime.fromisoformat(value).astimezone():%Y-%m-%d %H:%M}"
    if title == "Ran":
        # Shortened: pytorch-training 2.6.0 (Python 3.12) becomes pytorch 2.6.0, Python 3.12.
        return re.sub(r" \((.*)\)", r", \1", value.replace("-training", "").removeprefix("sagemaker-"))
    return ", ".join(value) if isinstance(value, list) else spelled(value)
