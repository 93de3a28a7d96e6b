"""``clary interrupt``: interrupts managed spot trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import FAILED, say


def interrupt(
    names: Annotated[list[str], typer.Argument(help="Names or ARNs of managed spot trainings.")],
    reason: Annotated[str, typer.Option(help="Why, for the status message of the job.")] = "",
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Interrupt managed spot trainings, as a cloud does that needs their instances for others.

    The script gets SIGTERM and two minutes to save a checkpoint. Then the job waits for capacity, and starts
    again with its checkpoints.
    """
    from botocore.exceptions import ClientError

    from clary.cli.client import connect
    from clary.cli.find_jobs import refusal

    connection = connect(home)
    refused = False
    for given in names:
        name = given.rpartition("/")[2] if given.startswith("arn:") else given
        try:
            connection.own("InterruptTrainingJob", {"TrainingJobName": name, "Reason": reason})
        except ClientError as error:
            say(f"clary: {refusal(connection.client('sagemaker'), name, error)}")
            refused = True
            continue
        say(f"{name} is being interrupted; it starts again when there is capacity")
    if refused:
        raise typer.Exit(FAILED)
