"""The ``clary`` command: one file per subcommand. Each is a client of the server like any other."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the command."""
    from clary.cli.commands import app

    try:
        app()
    except (RuntimeError, ValueError) as error:
        from clary.server.settings import SettingsError
        from clary.server.state import UnusableFolder

        if not isinstance(error, (SettingsError, UnusableFolder)):
            raise
        # Every command reads the settings and the state folder, so their errors are reported in one place.
        print(f"clary: {error}", file=sys.stderr)
        sys.exit(1)
