"""The whole life of an endpoint, as a pure function.

    Creating ─> InService <─> Updating       the new generation serves; the old one answers its last requests
       │            ^            │
       │            └─ RollingBack           the new generation failed; the old one goes on
       └─> Failed                            no host is left; FailureReason has the container's last words

Traffic may move part by part (``deployment.py``). Until all of it has moved, the new generation may fail.

    any of them ─> Deleting ─> (deleted)     when all hosts have ended

Hosts of a generation that has served are started again for ever. Before that, a generation is on trial: one
container that ends is its end.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import REASON_LIMIT, Decision, Desired, changed

from .deployment import move_traffic, termination_wait_s, too_long
from .generations import (
    DRAINING,
    ENDING,
    SERVING,
    STARTING,
    Instance,
    container_names,
    find_instance,
    generation_of,
    hosts_of,
    instance_count,
    instances,
    variants,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen, Seen

Document = dict[str, Any]

DRAIN_S = 3_600.0
"""The longest that old instances wait for their last requests: as long as an asynchronous one may take.

The gateway gives up every other request much earlier.
"""
SETTLE_S = 1.0
"""The shortest: the gateway learns of a change within it, and sends no further request the old way."""
PROVISION_S = 900.0
"""The longest that new instances of an update wait for a part of the machine beside the old ones."""
TRIES = 3
"""How often a host on trial is started when it was lost by a fault of the platform."""

MESSAGE_LIMIT = 1024
"""The longest StatusMessage of a variant that the model allows."""


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done next."""
    if "_StopRequestedAt" in record:
        over = all(host.exited for host in seen.hosts)
        return Decision(finished=over, delete=over)
    found: list[Document] = copy.deepcopy(record["_Generations"])
    reason = ""
    starting, serving = _first(found, STARTING), _first(found, SERVING)
    if starting is not None:
        reason = _try_generation(record, starting, serving, seen, now)
    elif serving is not None and "Earlier" in serving:
        reason = _try_larger(record, serving, seen, now)
    serving = _first(found, SERVING)
    if serving is not None:
        _empty_leaving(serving, seen, now)
        _sleep_and_wake(record, serving, seen, now)
    for generation in found:
        if generation["State"] == DRAINING:
            hosts = hosts_of(instances(generation, leaving=True))
            if _drained(hosts, generation, record, seen, now):
                generation["State"] = ENDING
    left = {generation_of(host.name) for host in seen.hosts}
    kept = [each for each in found if each["State"] != ENDING or each["Id"] in left]
    if serving is None and _first(found, STARTING) is None:
        return _failing(record, found, reason, seen)
    status = _status(kept)
    changes: Document = {"_Generations": kept, "EndpointStatus": status}
    if reason:
        changes["FailureReason"] = reason
    if serving is not None:
        changes["EndpointConfigName"] = serving["EndpointConfigName"]
    changes = changed(record, changes)
    return Decision(changes, status if "EndpointStatus" in changes else None, Desired.FOR_EVER)


def waiting(record: Document, message: str) -> Document:
    """The changes that tell what hosts wait for: the StatusMessage of variants in DescribeEndpoint."""
    return changed(record, {"_Waiting": message[:MESSAGE_LIMIT]})


def launched(record: Document, notes: Sequence[str]) -> Document:
    """Removes the message about waiting."""
    return changed(record, {"_Waiting": ""})


def _first(found: list[Document], state: str) -> Document | None:
    return next((each for each in found if each["State"] == state), None)


def _status(found: list[Document]) -> str:
    serving = _first(found, SERVING)
    if serving is None:
        return "Creating"
    if any(each.get("Failed") for each in found) or serving.get("Change") == "undone":
        return "RollingBack"
    return "InService" if len(found) == 1 and "Change" not in serving else "Updating"


def _try_generation(
    record: Document, starting: Document, serving: Document | None, seen: Seen, now: float
) -> str:
    """Moves the traffic to a new generation that serves, or ends one that fails; returns why it failed."""
    reason, serves = _trial(record, hosts_of(instances(starting)), seen)
    if serving is not None and not reason:
        reason = _no_capacity(record, starting, seen, now)
        reason = reason or too_long(record.get("DeploymentConfig"), starting["Since"], now)
    if reason:
        # One that has got requests answers them first.
        starting |= {"State": DRAINING if "Shift" in starting else ENDING, "Failed": True, "Since": now}
        starting.pop("Shift", None)
    elif serves and (serving is None or _moved(record, starting, now)):
        starting |= {"State": SERVING, "Since": now}
        starting.pop("Shift", None)
        if serving is not None:
            serving |= {"State": DRAINING, "Since": now}
    return reason


def _moved(record: Document, starting: Document, now: float) -> bool:
    """Moves the next part of the traffic; returns whether all of it moves now."""
    count = sum(instance.label.startswith("v") for instance in instances(starting))
    return move_traffic(record.get("DeploymentConfig"), starting, count, now)


def _no_capacity(record: Document, starting: Document, seen: Seen, now: float) -> str:
    """Why an update gives up: its hosts would wait for those that they replace, and others behind them."""
    waits = str(record.get("_Waiting", "")).startswith("Waiting for capacity")
    missing = any(seen.host(name) is None for name in hosts_of(instances(starting)))
    if not waits or not missing or now - starting["Since"] < PROVISION_S:
        return ""
    return (
        f"For {PROVISION_S / 60:g} minutes this machine had no room for the new instances beside the present "
        "ones. Use smaller or fewer instances, or end other jobs and endpoints."
    )


def _try_larger(record: Document, serving: Document, seen: Seen, now: float) -> str:
    """Ends a change of size when the new instances serve, or undoes it; returns why they failed."""
    before = {variant["VariantName"]: variant for variant in serving["Earlier"]}
    new = [
        instance
        for instance in instances(serving)
        if instance.label.startswith("v")
        and instance.number > instance_count(before[instance.variant["VariantName"]])
    ]
    reason, serves = _trial(record, hosts_of(new), seen)
    if reason:
        larger = {variant["VariantName"]: instance_count(variant) for variant in serving["Variants"]}
        serving["Variants"] = [
            {**variant, "Leaving": {"Count": larger[name], "Since": now}}
            if larger[name] > instance_count(variant)
            else variant
            for name, variant in before.items()
        ]
        serving["Change"] = "undone"
        del serving["Earlier"]
    elif serves:
        del serving["Earlier"]
    return reason


def _trial(record: Document, hosts: Sequence[str], seen: Seen) -> tuple[str, bool]:
    """Why one of these hosts failed, empty if none did; and whether all of them serve."""
    for name in hosts:
        if name in seen.refused:
            return seen.refused[name][:REASON_LIMIT], False
    for name in hosts:
        host = seen.host(name)
        if host is not None and host.exited and _has_failed(record, host):
            return _reason(record, host), False
    return "", all((host := seen.host(name)) is not None and _serves(host) for name in hosts)


def _has_failed(record: Document, host: HostSeen) -> bool:
    if host.outcome in (Outcome.INTERNAL_ERROR, Outcome.STOPPED):
        return int(record.get("_Attempts", {}).get(host.name, 0)) + 1 >= TRIES
    return True


def _reason(record: Document, host: HostSeen) -> str:
    instance, _ = find_instance(record, host.name)
    variant = instance.variant["VariantName"]
    said = host.reason or "Its server ended by itself."
    if host.outcome in (Outcome.CLIENT_ERROR, Outcome.INTERNAL_ERROR):
        return f"Production variant {variant}: {said}"[:REASON_LIMIT]
    names = container_names(instance.variant)
    which = "primary container" if len(names) == 1 else f"container {names[instance.hosts.index(host.name)]}"
    served = host.entered_at(Phase.RUNNING) is not None
    how = "ended while traffic moved to it" if served else "did not pass the ping health check"
    return f"The {which} for production variant {variant} {how}. {said}"[:REASON_LIMIT]


def _serves(host: HostSeen) -> bool:
    return not host.exited and not host.outcome and host.entered_at(Phase.RUNNING) is not None


def _drained(hosts: Sequence[str], since: Document, record: Document, seen: Seen, now: float) -> bool:
    """Whether these hosts get no requests any more, and have answered those that they had."""
    waited_s = now - since["Since"]
    shortest_s = SETTLE_S
    if since.get("State") == DRAINING and not since.get("Failed"):
        shortest_s = max(SETTLE_S, termination_wait_s(record.get("DeploymentConfig")))
    if waited_s < shortest_s:
        return False
    return waited_s >= shortest_s + DRAIN_S or not any(
        host.in_use for host in seen.hosts if host.name in hosts
    )


def _empty_leaving(serving: Document, seen: Seen, now: float) -> None:
    """Lets instances go that the generation no longer asks for, when they are empty."""
    for label, variant in variants(serving):
        leaving = variant.get("Leaving")
        if leaving is None:
            continue
        numbers = range(instance_count(variant) + 1, int(leaving["Count"]) + 1)
        hosts = hosts_of([Instance(serving["Id"], label, variant, number) for number in numbers])
        if _drained(hosts, leaving, {}, seen, now):
            del variant["Leaving"]
    still = any("Leaving" in variant for variant in serving["Variants"] if "Serverless" not in variant)
    if not still and "Earlier" not in serving:
        serving.pop("Change", None)


def _sleep_and_wake(record: Document, serving: Document, seen: Seen, now: float) -> None:
    """Ends the instance of a serverless variant that nobody asks, and starts it when somebody does."""
    for label, variant in variants(serving):
        serverless = variant.get("Serverless")
        if serverless is None:
            continue
        wanted_at = float(record.get("_Wanted", {}).get(variant["VariantName"], 0.0))
        kept = bool(serverless.get("ProvisionedConcurrency"))
        if variant.get("Asleep"):
            if kept or wanted_at > variant["AsleepAt"]:
                for member in ("Asleep", "AsleepAt", "Leaving"):
                    variant.pop(member, None)
                variant["AwakeAt"] = now
            continue
        idle_since = max(wanted_at, variant.get("AwakeAt", 0.0), serving["Since"])
        hosts = hosts_of([Instance(serving["Id"], label, variant, 1)])
        busy = any(host.in_use for host in seen.hosts if host.name in hosts)
        if not kept and not busy and now - idle_since > serving["ServerlessIdleS"]:
            variant |= {"Asleep": True, "AsleepAt": now, "Leaving": {"Count": 1, "Since": now}}


def _failing(record: Document, found: list[Document], reason: str, seen: Seen) -> Decision:
    """After the first generation has failed: it ends, then so does the endpoint's life."""
    changes: Document = {"_Generations": found}
    if reason:
        changes["FailureReason"] = reason
    if not all(host.exited for host in seen.hosts):
        return Decision(changed(record, changes), hosts=Desired.NONE)
    return Decision({**changes, "EndpointStatus": "Failed"}, status="Failed", finished=True)
