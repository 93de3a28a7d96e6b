"""The environments that Clary has built on this machine, for what is measured beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.peers import PeerMissing
from clary.compute.environments import Environments, environments_root

if TYPE_CHECKING:
    from pathlib import Path


def environment(begin: str) -> Path:
    """The folder of an environment, without layers of jobs. begin: of its name. Raises PeerMissing."""
    root = environments_root()
    keys = [each.key for each in Environments(root).installed() if not each.base]
    found = next((key for key in keys if key.startswith(begin)), None)
    if found is None:
        raise PeerMissing(f"there is no environment {begin} on this machine; Clary builds it for its image")
    return root / "envs" / found
