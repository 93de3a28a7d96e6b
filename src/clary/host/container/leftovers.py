"""Removes what hosts have left in the engine: their containers, and the network of their job.

An agent removes its container at its end. A container does not end with an agent that was killed, so whoever
looks after the host removes it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ..notes import note
from .devices import GIVEN_NETWORKS
from .engine import Engine, EngineError
from .helper import take_files
from .orders import HELPER_LABEL, HOST_LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOTE = "container.json"
"""In a host's folder while its container may exist: the engine, the network, and whose files may be there."""


def write_note(
    host: Path, engine: str, container: str, network: str, *, image: str = "", folders: Sequence[str] = ()
) -> None:
    """Call it before the container is created, so that it is found whatever happens.

    image, folders: where the container may write what this user can't remove, until that is changed.
    """
    said = {
        "engine": engine,
        "container": container,
        "network": network,
        "image": image,
        "folders": list(folders),
    }
    (host / NOTE).write_text(json.dumps(said), encoding="utf-8")


def remove_container_of(host: Path) -> None:
    """Ends and removes the container of a host, and its network when no other host uses it.

    Does nothing for a host without a note. Raises EngineError; the note then stays for another try.
    """
    note = host / NOTE
    try:
        left = json.loads(note.read_text(encoding="utf-8"))
        address, name, network = str(left["engine"]), str(left.get("container", "")), str(left["network"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    engine = Engine(address)
    # By its name: Podman lists no container at all while one is half removed, as after a kill. Helpers have
    # names of chance, and go first: Podman removes no container whose network another one uses.
    listed = engine.containers(f"{HOST_LABEL}={os.fspath(host)}") if left.get("image") or not name else []
    for container in sorted(listed, key=lambda each: HELPER_LABEL not in each["Labels"]):
        engine.remove(container["Id"])
    if name:
        engine.remove(name)
    if network not in GIVEN_NETWORKS:
        engine.remove_network(network)
    if left.get("image"):
        take_files(address, left["image"], host, [path for path in left["folders"] if os.path.isdir(path)])
    note.unlink(missing_ok=True)


def remove_container(host: Path) -> None:
    """As ``remove_container_of``, at the end of an agent: what fails is noted, and removed with the host."""
    try:
        remove_container_of(host)
    except EngineError as error:
        note(f"the container is left, and removed with the host: {error}")


def remove_orphans(engine: Engine, root: Path) -> list[str]:
    """Removes containers of hosts below ``root`` whose folders are no more; returns their names.

    Raises EngineError.
    """
    removed = []
    for container in engine.containers(HOST_LABEL):
        host = container["Labels"][HOST_LABEL]
        if os.path.dirname(host) == os.fspath(root) and not os.path.isdir(host):
            engine.remove(container["Id"])
            removed.append(str(container["Names"][0]).lstrip("/"))
    return removed
