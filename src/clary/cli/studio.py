"""``clary studio``: prints a one-time link that signs in to Studio as the account's root."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import say


def studio(
    open_it: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the link where there is a desktop.")
    ] = True,
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Print a link to Studio: good once, for 15 minutes, with all rights of the account."""
    from clary.cli.client import connect

    connection = connect(home)
    link = sign_in_link(connection.home, connection.url)
    typer.echo(link)
    if open_it:
        open_on_desktop(link)


def sign_in_link(home: Path, url: str) -> str:
    """Returns a new one-time link to the server of a state folder."""
    from clary.server.state import StateFolder
    from clary.services.access.links import LIVES_S, make_link

    return make_link(url, StateFolder(home).token_key(), time.time() + LIVES_S)


def open_on_desktop(link: str) -> None:
    """Opens a link in the user's browser, where a person with a desktop has asked."""
    desktop = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not (desktop and sys.stdin.isatty() and sys.stderr.isatty()):
        return
    import webbrowser

    if not webbrowser.open(link):
        say("No browser could be opened; copy the link into one.")
