"""``clary keys``: what further servers need to join, and new keys in the place of those that got out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clary.cli.console import fail, say

keys = typer.Typer(no_args_is_help=True, help="The keys of the installation, which all its servers share.")

Home = Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")]


@keys.command()
def secret(
    new: Annotated[
        bool, typer.Option("--new", help="Make another one; that of before opens nothing.")
    ] = False,
    home: Home = None,
) -> None:
    """Print the secret that a further server needs to join, as its CLARY_SECRET."""
    typer.echo(_ask("RotateJoiningSecret" if new else "GetJoiningSecret", home)["Secret"])


@keys.command()
def rotate(home: Home = None) -> None:
    """Replace the root access key, at all servers at once. Sessions and jobs go on."""
    made = _ask("RotateRootKey", home)
    say(
        f"The root key is {made['AccessKeyId']}; that of before is refused. Shells of clients need: clary env"
    )


@keys.command()
def reset(
    home: Home = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
) -> None:
    """Forget the keys in the database, when every folder that had them is lost. All servers must be down."""
    from clary.cli.transfer import opened
    from clary.server.shared_keys import forget_keys
    from clary.store.records import Records

    with opened(home) as (_settings, _state, database, _backing):
        if database.shared_clock is None:
            fail("records are in a file, and the keys beside it: there is nothing to forget")
        say(f"The next server that starts on {database.place} makes new keys: sessions, sign-in links and")
        say("access keys of users end, and servers that have the keys of before are refused. Users stay, and")
        say("their passwords.")
        if not yes:
            typer.confirm("Forget the keys?", abort=True)
        import time

        forget_keys(database, Records(database, time.time, database.shared_clock))
    say("Start a server with: clary up -d")


def _ask(operation: str, home: Path | None) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    from clary.cli.client import connect

    try:
        return connect(home).own(operation, {})
    except ClientError as error:
        fail(error.response["Error"]["Message"])
