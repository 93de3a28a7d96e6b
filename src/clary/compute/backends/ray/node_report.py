"""What ``clary doctor`` says of a node: what its hosts will need there."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clary.compute.environments.installer import EnvironmentBuildFailed, uv_binary
from clary.compute.environments.interpreters import find_interpreters
from clary.host.container.addresses import engine_address
from clary.host.sandbox import probe

CONNECT_S = 5.0


def node_report(folder: Path, url: str) -> dict[str, Any]:
    """Looks at the node where this runs. url: of the server; empty when nodes have no way to it."""
    sandbox = probe()
    try:
        uv = uv_binary()
    except EnvironmentBuildFailed:
        uv = ""
    return {
        "ray": importlib.metadata.version("ray"),
        "sandbox": sandbox.kind.value,
        "sandbox_reason": sandbox.reason,
        "engine": engine_address(os.environ),
        "pythons": sorted(find_interpreters(os.environ, home=Path.home())),
        "uv": uv,
        "free_bytes": shutil.disk_usage(folder).free,
        "folder": str(folder),
        "unreached": _unreached(url) if url else "",
    }


def _unreached(url: str) -> str:
    """Returns why the server can't be reached from here; empty when something listens there."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""
