"""Waiting ─> Running ─> Done, Broken or Ended."""

from __future__ import annotations

from typing import Any

from clary.domain.hosts import Outcome
from clary.kinds.decision import FAILURES, Decision, Desired, Seen, changed, first_failed

Document = dict[str, Any]


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    stop_wanted = "_StopRequestedAt" in record
    if not seen.hosts:
        if not stop_wanted and not seen.refused:
            return Decision(hosts=Desired.UNTIL_THEY_END)
        return _end(record, "Ended" if stop_wanted else "Broken", ", ".join(seen.refused.values()), now)
    outcomes = [host.outcome for host in seen.hosts]
    failed = [host for host in seen.hosts if host.outcome in FAILURES]
    if not all(outcomes):
        status = "Ending" if stop_wanted else "Running"
        changes = changed(record, {"SampleJobStatus": status})
        desired = Desired.NONE if stop_wanted or failed else Desired.UNTIL_THEY_END
        return Decision(changes, status if changes else None, desired)
    if failed:
        return _end(record, "Broken", first_failed(failed).reason, now)
    return _end(record, "Ended" if Outcome.STOPPED in outcomes else "Done", "", now)


def _end(record: Document, status: str, said: str, now: float) -> Decision:
    times = {"SampleStartTime": record["CreationTime"], "SampleEndTime": now}
    return Decision({"SampleJobStatus": status, "Said": said, **times}, status, finished=True)
