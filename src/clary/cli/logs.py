"""``clary logs``: what a job printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clary.cli.console import fail
from clary.cli.job_kinds import KINDS, PROCESSING, TRAINING, CliKind


def logs(
    name: Annotated[str, typer.Argument(help="Name of the job.")],
    follow_it: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the job has ended.")] = False,
    processing: Annotated[
        bool, typer.Option("--processing", help="The processing job, where a training job has that name too.")
    ] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """Print the log of a training or processing job."""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.follow import follow

    connection = connect(home)
    sagemaker, log_client = connection.client("sagemaker"), connection.client("logs")
    many = False

    def on_state(description: dict[str, Any]) -> None:
        nonlocal many
        many = sum(count for count, _ in kind.instances(description)) > 1

    def on_line(host: str, line: str) -> None:
        typer.echo(f"{host} | {line}" if many else line)

    try:
        kind = PROCESSING if processing else _kind_of(sagemaker, name)
        follow(sagemaker, log_client, name, on_line=on_line, on_state=on_state, wait=follow_it, kind=kind)
    except ClientError as error:
        fail(f"{name}: {error.response['Error']['Message']}")


def _kind_of(sagemaker: Any, name: str) -> CliKind:
    """That of the job there is; of a training job when there is none."""
    from botocore.exceptions import ClientError

    for kind in KINDS:
        try:
            kind.describe(sagemaker, name)
        except ClientError:
            continue
        return kind
    return TRAINING
