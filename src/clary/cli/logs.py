"""``clary logs``: the log of a job or a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import fail, print_lines


def logs(
    name: Annotated[
        str, typer.Argument(help="Name or ARN of a job or of a rule's job; JOB/RULE: a rule of a job.")
    ],
    follow_it: Annotated[
        bool, typer.Option("-f", "--follow", help="Print new lines until the job has ended.")
    ] = False,
    processing: Annotated[
        bool, typer.Option("--processing", help="The processing job, where a training job has that name too.")
    ] = False,
    rule: Annotated[
        str | None, typer.Option(help="The rule of the training job whose log is wanted.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Print the log of a training, processing or transform job, or of a rule.

    A tuning or Autopilot job has none: its trials or candidates are listed, which have.
    With -f the exit code is the job's: 0 Completed, 1 Failed, 3 Stopped.
    """
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.find_jobs import find_job, refusal
    from clary.cli.follow import JobLine, follow
    from clary.cli.job_kinds import SEARCHES
    from clary.cli.search_details import show_jobs_of
    from clary.cli.watch import end_as_job, spelled_lines, watch_log

    connection = connect(home)
    sagemaker = connection.client("sagemaker")

    try:
        kind, job = find_job(sagemaker, name, rule, processing=processing)
        if kind in SEARCHES:
            show_jobs_of(connection, kind, kind.name(job), follow_it=follow_it)
            return
        if follow_it:
            end_as_job(watch_log(connection, kind.name(job), kind), kind)
            return
        many = kind.host_count(job) > 1

        def on_lines(lines: list[JobLine]) -> None:
            print_lines(spelled_lines(lines, many=many))

        logs = connection.client("logs")
        follow(
            sagemaker, logs, kind.name(job), on_lines=on_lines, on_state=lambda _: None, wait=False, kind=kind
        )
    except ClientError as error:
        fail(refusal(sagemaker, name, error))
