"""Brings the environment of a host to its machine, where that has not got it: a node of a cluster."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from .source import run_builder

if TYPE_CHECKING:
    from ..agent import Agent


def fetch_environment(agent: Agent) -> None:
    """Gives the agent a spec whose environment is on this machine. Raises ClientError."""
    spec = agent.spec
    command = [*spec.environment.fetch, str(agent.layout.host / "spec.json")]
    what = "environment" if spec.environment.container is None else "image"
    agent.say(f"Clary: bringing the {what} {spec.environment.name} to this node")
    found = run_builder(command, agent.logs.write, math.inf, f"Bringing {spec.environment.name} to this node")
    agent.spec = replace(spec, environment=found)
