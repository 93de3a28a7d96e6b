"""The packages of an environment, read from the folders that installers create, and their report."""

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
    """Returns every package as ``torch==2.6.0``, sorted by name."""
    found = {
        match["name"].replace("_", "-").lower(): match["version"]
        for folder in prefix.glob("lib/python3*/site-packages/*.dist-info")
        if (match := _INFO.fullmatch(folder.name))
    }
    return tuple(f"{name}=={version}" for name, version in sorted(found.items()))


def report_packages(agent: Agent, environment: EnvironmentSpec) -> None:
    """Reports the packages of an environment that this host has built.

    A refusal is noted in the agent's log and does not end the job.
    """
    packages = installed_packages(Path(environment.prefix))
    request = {"Host": agent.host, "Environment": environment.name, "Packages": packages}
    try:
        agent.service(patience_s=DATA_PATIENCE_S).operation("ReportPackages", request)
    except ServiceError as error:
        note(f"the packages of {environment.name} could not be reported: {error}")
