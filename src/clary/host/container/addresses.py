"""Where the API of the machine's container engine is found.

Docker's own rules first: DOCKER_HOST names it. Then Podman's CONTAINER_HOST, then the sockets at which
Docker and Podman listen when nothing else is configured.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIX, TCP = "unix://", "tcp://"


def engine_address(environ: Mapping[str, str]) -> str:
    """Returns the address of the engine, ``unix:///run/docker.sock``; empty where none is found."""
    for variable in ("DOCKER_HOST", "CONTAINER_HOST"):
        if environ.get(variable):
            return environ[variable]
    return next((UNIX + path for path in usual_sockets(environ) if _is_socket(path)), "")


def usual_sockets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the paths that are tried, in order. The user's own engine comes after the machine's Docker."""
    run = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    own = (f"{run}/docker.sock", f"{run}/podman/podman.sock")
    desktop = f"{environ['HOME']}/.docker/run/docker.sock" if environ.get("HOME") else ""
    return tuple(filter(None, ("/var/run/docker.sock", *own, desktop, "/run/podman/podman.sock")))


def belongs_to_root(address: str) -> bool:
    """Returns whether the engine's socket is root's, so that what containers write belongs to others here."""
    try:
        return os.stat(address.removeprefix(UNIX)).st_uid == 0
    except OSError:
        return False


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode) and os.access(path, os.R_OK | os.W_OK)
    except OSError:
        return False
