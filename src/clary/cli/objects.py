"""``clary objects``: moves the content of objects to the S3 that CLARY_S3 names, or back into files."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import fail, say

SAY_S = 2.0


class MoveTo(StrEnum):
    S3 = "s3"
    FOLDER = "folder"


def objects(
    to: Annotated[MoveTo, typer.Option(help="s3: the S3 of CLARY_S3. folder: the folder of all state.")],
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Move the content of all objects to the S3 of CLARY_S3, or back. The server has to be down."""
    from clary.cli.transfer import opened
    from clary.server.shared_folder import forget_folder, take_folder
    from clary.store.backing.failures import BackingError
    from clary.store.backing.moving import UnfinishedUploads
    from clary.store.backing.place import forget_place
    from clary.store.blobs import BlobStore
    from clary.store.records import Records
    from clary.store.row_copies import FOLDER

    with opened(home) as (settings, state, database, backing):
        if settings.s3_direct:
            if to is MoveTo.S3:
                fail("with CLARY_S3_DIRECT all objects are in the S3 of CLARY_S3 already")
            forget_place(database)
            say(f"The objects of {settings.s3} stay there. Without CLARY_S3 and CLARY_S3_DIRECT, which you")
            say("can unset now, Clary has its own objects: none so far")
            return
        if backing is None:
            fail("CLARY_S3 is not set: it says which S3 to move to, or from")
        said_at = time.monotonic()
        moved = (0, 0)

        def told(count: int, size: int) -> None:
            nonlocal said_at, moved
            moved = (count, size)
            if time.monotonic() - said_at > SAY_S:
                said_at = time.monotonic()
                say(f"{count} objects, {size / 1e6:,.0f} MB")

        copies = f"{FOLDER}.{state.server_name()}" if database.shared_clock else FOLDER
        blobs = BlobStore(state.blobs, database, copies=copies, backing=backing)
        try:
            blobs.move(to_s3=to is MoveTo.S3, say=told)
            records = Records(database, time.time, database.shared_clock)
            if to is MoveTo.S3:
                forget_folder(database, records)
            else:
                take_folder(state, database, records)
        except (BackingError, UnfinishedUploads) as error:
            fail(f"{error}. {moved[0]} objects have moved, not the rest: run this again")
        except OSError as error:
            fail(f"{error.strerror or error}. {moved[0]} objects have moved, not the rest: run this again")
        finally:
            blobs.close()
    where = f"to {backing.bucket.address}" if to is MoveTo.S3 else f"into {state.blobs}: unset CLARY_S3"
    say(f"{moved[0]} objects, {moved[1] / 1e6:,.0f} MB, have moved {where}")
    say("Start it with: clary up -d")
