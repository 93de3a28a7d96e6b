"""``clary export`` and ``clary import``: a whole installation as one file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clary.cli.console import fail, say

if TYPE_CHECKING:
    from clary.server.settings import Settings
    from clary.server.state import StateFolder
    from clary.store.backing.content import BackingContent
    from clary.store.database import Database

Home = Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")]


def export(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")], home: Home = None
) -> None:
    """Write everything that is stored into one file, for clary import. The server has to be down."""
    from clary.server.archive import write_archive

    with opened(home) as (settings, state, database, backing):
        part = file.with_name(f"{file.name}.part")
        try:
            # It has the root keys.
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as output:
                if file.exists():
                    fail(f"{file} exists already")
                write_archive(output, settings, state, database, say, backing)
            part.replace(file)
        except OSError as error:
            fail(f"{file} can't be written: {error.strerror}")
        finally:
            part.unlink(missing_ok=True)
    say(f"{file} has everything, keys and secrets too: keep it safe")


def import_(file: Annotated[Path, typer.Argument(help="A file of clary export.")], home: Home = None) -> None:
    """Fill an empty database and folder from a file of clary export. Before the first clary up there."""
    from clary.server.archive import ArchiveRefused, read_archive
    from clary.store.transfer import CountsDiffer

    with opened(home) as (settings, state, database, backing):
        try:
            with file.open("rb") as archive:
                read_archive(archive, settings, state, database, say, backing)
        except (ArchiveRefused, CountsDiffer) as error:
            fail(f"{file} was not imported: {error}")
        except OSError as error:
            fail(f"{file} was not imported: {error.strerror or error}")
    say("Start it with: clary up -d")


@contextlib.contextmanager
def opened(
    home: Path | None,
) -> Iterator[tuple[Settings, StateFolder, Database, BackingContent | None]]:
    """Opens an installation whose server is down. Ends the command with words where that fails."""
    from clary.server.backing import open_backing
    from clary.server.settings import load_settings
    from clary.server.state import AlreadyRunning, StateFolder
    from clary.store.backing.failures import BackingError
    from clary.store.backing.place import Misplaced
    from clary.store.database import Database
    from clary.store.drivers import DatabaseUnavailable

    settings = load_settings(home=home)
    state = StateFolder(settings.home)
    state.prepare()
    try:
        with contextlib.closing(state.lock()):
            database = Database(settings.database) if settings.database else Database.at(state.database)
            with contextlib.closing(database), contextlib.ExitStack() as end:
                backing = open_backing(settings, database, state.blobs / "backing")
                if backing is not None:
                    end.callback(backing.close)
                yield settings, state, database, backing
    except AlreadyRunning as error:
        fail(f"{error}; stop it first: clary down")
    except (DatabaseUnavailable, Misplaced, BackingError) as error:
        fail(str(error))
