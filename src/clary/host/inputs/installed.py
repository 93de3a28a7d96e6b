"""Which packages an environment has, by the folders that installers leave, and their report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..client.service import DATA_PATIENCE_S, ServiceError
from ..notes import note

if TYPE_CHECKING:
    from clary.domain.hosts import EnvironmentSpec

    from ..agent import Agent

_INFO = re.compile(r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[A-Za-z0-9.+!]+)\.dist-info")


def installed_packages(prefix: Path) -> tuple[str, ...]:
    """``torch==2.6.0`` and so on, sorted by name."""
    found = {
        match["name"].replace("_", "-").lower(): match["version"]
        for folder in prefix.glob("lib/python3*/site-packages/*.dist-info")
        if (match := _INFO.fullmatch(folder.name))
    }
    return tuple(f"{name}=={version}" for name, version in sorted(found.items()))


def report_packages(agent: Agent, environment: EnvironmentSpec) -> None:
    """Tells the server which packages the environment has that a host has made.

    A refusal is noted in the agent's log; the job goes on.
    """
    packages = installed_packages(Path(environment.prefix))
    request = {"Host": agent.host, "Environment": environment.name, "Packages": packages}
    try:
        agent.service(patience_s=DATA_PATIENCE_S).operation("ReportPackages", request)
    except ServiceError as error:
        note(f"the packages of {environment.name} could not be reported: {error}")
