"""What the command says, and how it gives up: one sentence, what to do, exit code 1."""

from __future__ import annotations

from typing import NoReturn

import typer


def fail(message: str) -> NoReturn:
    typer.secho(f"clary: {message}", err=True, fg=typer.colors.RED)
    raise typer.Exit(1)


def say(message: str) -> None:
    typer.echo(message, err=True)
