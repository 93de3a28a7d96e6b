"""Collects the garbage of the registry server: layers of images that were deleted, or never completed.

Records say what exists. What the registry server has and no record names is removed, and then its own program
removes the layers that no manifest names. Meanwhile it does not run, and pushes wait.
"""

from __future__ import annotations

import logging
import subprocess
import time
from typing import TYPE_CHECKING

from clary.host.sandbox.detection import dies_with_parent
from clary.services.pushed_images import IMAGE, REPOSITORY

from .program import registry_program
from .registry_server import registry_environment
from .storage import remove_unknown

if TYPE_CHECKING:
    from clary.store.records import Records

    from .registry_server import RegistryServer

log = logging.getLogger("clary.server")

QUIET_S = 600.0
"""A push may pause: its layers are garbage until its manifest comes. A client that finds them gone pushes
them again."""
COLLECT_S = 600.0


def collect_garbage(server: RegistryServer, records: Records, *, quiet_s: float = QUIET_S) -> bool:
    """Removes what nothing names any more; returns whether it did. Not while images are pushed or pulled.

    Only for the one server of a storage folder.
    """
    if not registry_program() or not (server.storage / "docker").is_dir():
        return False
    if server.used_at and time.monotonic() - server.used_at < quiet_s:
        return False
    with server.halted() as is_free:
        if not is_free:
            return False
        removed = remove_unknown(
            server.storage,
            lambda repository: records.find(REPOSITORY, repository) is not None,
            lambda repository, digest: records.find(IMAGE, f"{repository}@{digest}") is not None,
        )
        if not removed:
            return False
        done = subprocess.run(
            [*dies_with_parent(), registry_program(), "garbage-collect", str(server.configuration())],
            env=registry_environment(),
            capture_output=True,
            timeout=COLLECT_S,
        )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")[-500:]
        log.error("the garbage of the registry of images could not be collected: %s", said)
    return done.returncode == 0
