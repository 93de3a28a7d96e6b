"""``clary logs``: what a job printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clary.cli.console import fail


def logs(
    name: Annotated[str, typer.Argument(help="Name of the training job.")],
    follow_it: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the job has ended.")] = False,
    home: Annotated[Path | None, typer.Option(help="Folder of all state [default: ~/.clary].")] = None,
) -> None:
    """Print the log of a training job."""
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.follow import follow

    connection = connect(home)
    sagemaker, log_client = connection.client("sagemaker"), connection.client("logs")
    many = False

    def on_state(description: dict[str, Any]) -> None:
        nonlocal many
        resources = description["ResourceConfig"]
        many = resources.get("InstanceCount", 2) > 1

    def on_line(host: str, line: str) -> None:
        typer.echo(f"{host} | {line}" if many else line)

    try:
        follow(sagemaker, log_client, name, on_line=on_line, on_state=on_state, wait=follow_it)
    except ClientError as error:
        fail(f"{name}: {error.response['Error']['Message']}")
