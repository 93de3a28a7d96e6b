"""The registry server that Clary runs: distribution of the CNCF, which Debian calls docker-registry."""

from __future__ import annotations

import shutil

PROGRAMS = ("docker-registry", "registry")

HOW_TO_INSTALL = (
    "install it (apt-get install docker-registry), or put the program `registry` of "
    "github.com/distribution/distribution on PATH"
)


def registry_program() -> str:
    """Returns its path; empty where it is not installed. Looked for each time: it may be installed later."""
    return next(filter(None, map(shutil.which, PROGRAMS)), "")
