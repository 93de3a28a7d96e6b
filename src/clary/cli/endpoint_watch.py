"""Watches an endpoint until it answers: its log, what it waits for, and why it failed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from clary.cli.console import INTERRUPTED, fail, print_lines, say, spinner

if TYPE_CHECKING:
    from clary.cli.client import ServerConnection
    from clary.cli.follow import JobLine

LOG_GROUP = "/aws/sagemaker/Endpoints"
CHANGING = ("Creating", "Updating", "RollingBack")
POLL_S = 0.25


def exists(sagemaker: Any, name: str) -> bool:
    """Whether there is an endpoint of that name."""
    pages = sagemaker.get_paginator("list_endpoints").paginate(NameContains=name)
    return any(each["EndpointName"] == name for page in pages for each in page["Endpoints"])


def watch_endpoint(connection: ServerConnection, name: str) -> dict[str, Any]:
    """Follows an endpoint until it is in service, and passes on its log. Returns its description.

    Ends the command with code 1 when the endpoint failed, or its update did. Ctrl-C leaves it as it is.
    """
    sagemaker, logs = connection.client("sagemaker"), connection.client("logs")
    tokens: dict[str, str] = {}
    with spinner(f"{name}: Creating") as tell:
        try:
            while True:
                found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
                _deliver(logs, name, tokens)
                if found["EndpointStatus"] not in CHANGING:
                    break
                tell(f"{name}: {_state(found)}")
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            say(f"{name} goes on; see clary endpoints; end it with: clary endpoints delete {name}")
            raise typer.Exit(INTERRUPTED) from None
    if found["EndpointStatus"] != "InService":
        fail(f"{name} is {found['EndpointStatus']}: {found.get('FailureReason', 'no reason was given')}")
    if found.get("FailureReason"):
        fail(f"{name} was not changed and goes on as before: {found['FailureReason']}")
    return found


def _deliver(logs: Any, name: str, tokens: dict[str, str]) -> None:
    from clary.cli.follow import all_streams, deliver_new

    def on_lines(lines: list[JobLine]) -> None:
        print_lines([line.text for line in lines])

    group = f"{LOG_GROUP}/{name}"
    deliver_new(logs, group, all_streams(logs, group), tokens, on_lines)


def _state(found: dict[str, Any]) -> str:
    """The status, with what instances wait for."""
    pending = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
    for variant in [*pending, *found.get("ProductionVariants", [])]:
        for status in variant.get("VariantStatus", []):
            if status.get("StatusMessage"):
                return f"{found['EndpointStatus']} - {status['StatusMessage']}"
    return str(found["EndpointStatus"])
