"""Starts ``inner.py``, which makes a view with the kernel's namespaces."""

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
    """Returns the prefix of a command that runs in a view. It dies with its parent, and all it started.

    words: a descriptor to read ``inner_words`` from.
    """
    return [sys.executable, "-I", "-S", str(_INNER), str(words)]


def inner_words(view: View, variables: Mapping[str, str], command: Sequence[str] = ()) -> bytes:
    """Returns the orders of inner.py. Not as JSON, because its import costs 7 ms of each start.

    command: unless it is on the command line of inner.py.
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
