"""The folder with the content of large objects: servers of one database share it, where no S3 has it.

first server              its folder is that of the installation: a mark in it, the same in the database
same mark                 the folder is shared: by a link, or a file system of several machines
same machine, new folder  it becomes a link to that of the first, as the layers of pushed images do
anything else             the server refuses to start: it would look as if objects had lost their content
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clary.compute.machine_name import machine_name
from clary.store.backing.place import Misplaced

if TYPE_CHECKING:
    from clary.server.state import StateFolder
    from clary.store.database import Database
    from clary.store.records import Records

KIND, NAME = "clary-content", "folder"
MARK = "clary-folder.json"

log = logging.getLogger("clary.server")


def share_folder(state: StateFolder, database: Database, records: Records) -> None:
    """Sees to it that this server has the content that its database names. Raises Misplaced."""
    if database.shared_clock is None:
        return
    with database.write():
        known = records.find(KIND, NAME)
        if known is None:
            take_folder(state, database, records)
        elif _mark(state.blobs) == known["Mark"]:
            return
        elif known["Machine"] == machine_name() and _link(state, Path(known["Home"]), known["Mark"]):
            log.warning("%s is a link to the content in %s from now on", state.blobs, known["Home"])
        else:
            raise Misplaced(_advice(state, known))


def take_folder(state: StateFolder, database: Database, records: Records) -> None:
    """Makes the folder of this server the one of its database."""
    if database.shared_clock is None:
        return
    mark = _mark(state.blobs) or _make_mark(state.blobs)
    place = {"Mark": mark, "Home": str(state.home.resolve()), "Machine": machine_name()}
    with database.write():
        if records.find(KIND, NAME) is None:
            records.insert(KIND, NAME, place)
        else:
            records.update(KIND, NAME, place)


def forget_folder(database: Database, records: Records) -> None:
    """No folder is the one of the database any more: the next server's is."""
    with database.write():
        if records.find(KIND, NAME) is not None:
            records.delete(KIND, NAME)


def _link(state: StateFolder, home: Path, mark: str) -> bool:
    """Makes links to the folders of another server on this machine, in place of empty ones."""
    content = home / "blobs"
    if _mark(content) != mark or not os.access(content, os.W_OK) or any(state.blobs.iterdir()):
        return False
    for own, other in ((state.blobs, content), (state.home / "registry", home / "registry")):
        if own.is_symlink() or (own.is_dir() and any(own.iterdir())):
            continue
        other.mkdir(mode=0o700, exist_ok=True)
        if own.exists():
            own.rmdir()
        own.symlink_to(other.resolve())
    return True


def _advice(state: StateFolder, known: dict[str, Any]) -> str:
    return (
        f"the content of this installation's objects lies in {known['Home']}/blobs of the machine "
        f"{known['Machine'].split(' ')[0]}, and {state.blobs} is another folder. Keep the content in an S3 "
        "that all servers reach (CLARY_S3; to move it: clary objects --to s3), or make that folder available "
        f"here, by a shared file system, and replace {state.blobs} by a link to it"
    )


def _mark(folder: Path) -> str:
    """Returns the mark of a folder; empty where it has none."""
    try:
        return str(json.loads((folder / MARK).read_text())["Mark"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _make_mark(folder: Path) -> str:
    mark = secrets.token_hex(16)
    draft = folder / f"{MARK}.new"
    draft.write_text(json.dumps({"Mark": mark}))
    draft.replace(folder / MARK)
    return mark
