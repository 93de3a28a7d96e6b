"""``clary stop``: stops jobs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clary.cli.console import FAILED, say, spinner

if TYPE_CHECKING:
    from clary.cli.job_kinds import CliKind

POLL_S = 0.25


def stop(
    names: Annotated[list[str], typer.Argument(help="Names or ARNs of jobs; JOB/RULE: a rule of a job.")],
    wait: Annotated[bool, typer.Option("--wait", help="Return when they have ended.")] = False,
    processing: Annotated[
        bool, typer.Option("--processing", help="The processing job, where a training job has that name too.")
    ] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Stop jobs: SIGTERM, two minutes to save what they have, then SIGKILL.

    A tuning or Autopilot job stops the jobs that it has made, and keeps the best so far.
    """
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.find_jobs import find_job, refusal

    sagemaker = connect(home).client("sagemaker")
    refused = False
    stopping: list[tuple[CliKind, str]] = []
    for name in names:
        try:
            kind, job = find_job(sagemaker, name, processing=processing)
            kind.stop(sagemaker, kind.name(job))
        except ClientError as error:
            say(f"clary: {refusal(sagemaker, name, error)}")
            refused = True
            continue
        stopping.append((kind, kind.name(job)))
        say(f"{kind.name(job)} is being stopped")
    if wait:
        for kind, name in stopping:
            _wait(sagemaker, kind, name)
    if refused:
        raise typer.Exit(FAILED)


def _wait(sagemaker: Any, kind: CliKind, name: str) -> None:
    from clary.cli.follow import TERMINAL

    with spinner(f"{name}: Stopping"):
        while (status := kind.status(kind.describe(sagemaker, name))) not in TERMINAL:
            time.sleep(POLL_S)
    say(f"{name}: {status}")
