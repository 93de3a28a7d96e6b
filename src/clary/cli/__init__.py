"""The ``clary`` command: one file per subcommand, each a client of the same wire as everybody else."""

from __future__ import annotations


def main() -> None:
    """Entry point of the command."""
    from clary.cli.commands import app

    app()
