"""The ways of an update: new instances start beside the old ones, then the traffic moves to them.

    ALL_AT_ONCE   all of it
    CANARY        a part, then after WaitIntervalInSeconds the rest
    LINEAR        part after part, WaitIntervalInSeconds between them

While traffic moves, the new generation has the member ``Shift``: the share of requests that it gets, and
since when.
"""

from __future__ import annotations

from typing import Any

from clary.domain.errors import ValidationError

Document = dict[str, Any]

ROUTING = "DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration"
STEP_MEMBERS = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
LARGEST_STEP, SMALLEST_LINEAR_STEP = 0.5, 0.1
"""AWS's limits of a step, as a part of all instances."""


def check_deployment(config: Document | None) -> None:
    """Raises ValidationError for what an update would not keep."""
    if not config:
        return
    if "RollingUpdatePolicy" in config:
        raise ValidationError(
            "DeploymentConfig.RollingUpdatePolicy is not served; leave it out, or use BlueGreenUpdatePolicy "
            "with TrafficRoutingConfiguration.Type LINEAR, which moves the traffic part by part."
        )
    if config.get("AutoRollbackConfiguration", {}).get("Alarms"):
        raise ValidationError(
            "DeploymentConfig.AutoRollbackConfiguration.Alarms is not served: there are no alarms here. An "
            "update whose instances do not start, or end while traffic moves, rolls back without them."
        )
    if "BlueGreenUpdatePolicy" not in config:
        return
    policy = config["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    for name, member in STEP_MEMBERS.items():
        if name == routing["Type"] and member not in routing:
            raise ValidationError(f"{ROUTING}.{member} is required with the Type {name}.")
        if name != routing["Type"] and member in routing:
            raise ValidationError(f"{ROUTING}.{member} is for the Type {name}, not {routing['Type']}.")
        if member in routing and routing[member]["Type"] == "CAPACITY_PERCENT":
            _check_step(name, routing[member]["Value"] / 100, f"{routing[member]['Value']} percent")
    longest_s = policy.get("MaximumExecutionTimeoutInSeconds")
    waits_s = _interval_s(routing) + termination_wait_s(config)
    if longest_s is not None and longest_s <= waits_s:
        raise ValidationError(
            f"DeploymentConfig.BlueGreenUpdatePolicy.MaximumExecutionTimeoutInSeconds is {longest_s}; it has "
            f"to be more than WaitIntervalInSeconds and TerminationWaitInSeconds, which are {waits_s:g} "
            "together."
        )


def check_step(config: Document | None, instances: int) -> None:
    """Raises ValidationError when a step of so many instances is too large or too small. instances: all."""
    routing = _routing(config)
    step = routing.get(STEP_MEMBERS.get(routing.get("Type", ""), ""))
    if step is not None and step["Type"] == "INSTANCE_COUNT":
        _check_step(routing["Type"], step["Value"] / instances, f"{step['Value']} of {instances} instances")


def _check_step(kind: str, share: float, words: str) -> None:
    smallest = SMALLEST_LINEAR_STEP if kind == "LINEAR" else 0.0
    if not smallest <= share <= LARGEST_STEP:
        limits = "10 to 50 percent" if kind == "LINEAR" else "at most 50 percent"
        raise ValidationError(
            f"{ROUTING}.{STEP_MEMBERS[kind]} is {words}; it has to be {limits} of the variant's instances. "
            "Use the Type CAPACITY_PERCENT where there are few."
        )


def move_traffic(config: Document | None, generation: Document, instances: int, now: float) -> bool:
    """Gives a generation whose instances serve its next part of the traffic; returns whether it is all.

    instances: how many it has.
    """
    routing = _routing(config)
    kind = routing.get("Type", "ALL_AT_ONCE")
    shift = generation.get("Shift")
    if kind not in STEP_MEMBERS:
        return True
    if shift is not None and now - shift["Since"] < _interval_s(routing):
        return False
    size = routing[STEP_MEMBERS[kind]]
    step = size["Value"] / (100 if size["Type"] == "CAPACITY_PERCENT" else instances)
    share = step if shift is None else 1.0 if kind == "CANARY" else shift["Share"] + step
    # Ten steps of 0.1 are a little less than 1.
    if share > 1 - 1e-6:
        return True
    generation["Shift"] = {"Share": share, "Since": now}
    return False


def too_long(config: Document | None, began_at: float, now: float) -> str:
    """Why an update that began then has to end, as a sentence; empty while it may go on."""
    longest_s = (config or {}).get("BlueGreenUpdatePolicy", {}).get("MaximumExecutionTimeoutInSeconds")
    if longest_s is None or now - began_at <= longest_s:
        return ""
    return (
        f"The update took more than {longest_s} seconds, the MaximumExecutionTimeoutInSeconds of its "
        "DeploymentConfig."
    )


def termination_wait_s(config: Document | None) -> float:
    """How long the old instances wait after the traffic has moved."""
    return float((config or {}).get("BlueGreenUpdatePolicy", {}).get("TerminationWaitInSeconds", 0))


def _routing(config: Document | None) -> Document:
    routing: Document = (config or {}).get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    return routing


def _interval_s(routing: Document) -> float:
    return float(routing.get("WaitIntervalInSeconds", 0))
