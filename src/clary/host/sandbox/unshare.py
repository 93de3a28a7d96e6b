"""The view, made by ``inner.py`` with the kernel's ``unshare`` and nothing else."""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .filter import filter_program
from .rights import KEPT_CAPABILITIES, NODES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .view import View

_INNER = Path(__file__).with_name("inner.py")


def unshare_argv(*, words: int) -> list[str]:
    """The command that runs what is appended to it inside a view; all of it dies with its parent.

    words: a descriptor to read ``inner_words`` from.
    """
    return [sys.executable, "-I", "-S", str(_INNER), str(words)]


def inner_words(view: View, variables: Mapping[str, str], command: Sequence[str] = ()) -> bytes:
    """What inner.py is told. Not as JSON: reading that costs a start 7 ms of imports.

    command: what it runs, where that is not on its command line.
    """
    return marshal.dumps(
        {
            "host_name": view.host_name,
            "root": view.root,
            "in_memory": view.in_memory,
            "links": view.links,
            "mounts": [(mount.source, mount.target, mount.writable) for mount in view.mounts],
            "hidden": view.hidden,
            "devices": view.devices,
            "shm_bytes": view.shm_bytes,
            "parent": os.getpid(),
            "variables": dict(variables),
            "command": list(command),
            "filter": filter_program(),
            "capabilities": list(KEPT_CAPABILITIES),
            "nodes": NODES,
        }
    )
