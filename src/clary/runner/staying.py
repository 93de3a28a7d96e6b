"""Restarts hosts that are to stay, each after a pause that grows with every end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.kinds.decision import Decision, Desired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen
    from clary.kinds.kind import Kind

Document = dict[str, Any]

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
CALM_S = 600.0
"""After this time of work, the pause of a host begins with the first one again."""


def with_restarts(
    kind: Kind, record: Document, hosts: Sequence[HostSeen], decision: Decision, now: float
) -> Decision:
    """Adds to a decision the restarts that are due. A pure function.

    Members of the record, by host name: ``_Attempts``, the number of restarts, and ``_Falls``, the last
    end: Attempt, Count (the number of ends in a row) and At (when the host is restarted).
    """
    if decision.hosts is not Desired.FOR_EVER or kind.cluster is None:
        return decision
    named = {host.name for host in kind.cluster.hosts({**record, **decision.changes})}
    attempts, falls = dict(record.get("_Attempts", {})), dict(record.get("_Falls", {}))
    restart = list(decision.restart)
    for name in [host.name for host in hosts if host.exited and host.name not in decision.restart]:
        attempt, fall = attempts.get(name, 0), falls.get(name)
        if name not in named:
            # Not desired any more; a later host of this name is another attempt.
            restart.append(name)
            attempts[name] = attempt + 1
            falls.pop(name, None)
        elif fall is None or fall["Attempt"] != attempt:
            falls[name] = _fall(record, name, attempt, fall, now, at_once=kind.cluster.serves)
        elif now >= fall["At"]:
            restart.append(name)
            attempts[name] = attempt + 1
    members = {"_Attempts": attempts, "_Falls": falls}
    changes = {name: value for name, value in members.items() if record.get(name, {}) != value}
    return replace(decision, changes={**decision.changes, **changes}, restart=tuple(restart))


def _fall(
    record: Document, host: str, attempt: int, last: Document | None, now: float, *, at_once: bool
) -> Document:
    """at_once: the first end in a row has no pause after it."""
    was_calm = now - record.get("_LaunchedAt", {}).get(host, now) > CALM_S
    count = 1 if last is None or was_calm else last["Count"] + 1
    doubled = count - 2 if at_once else count - 1
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(doubled, 20)) if doubled >= 0 else 0.0
    return {"Attempt": attempt, "Count": count, "At": now + pause_s}
