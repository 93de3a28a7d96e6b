"""Stores the events of an evaluator, each once however often it is sent.

    Events ──┬── a line each ──> the rule's log stream      guarded by the position of the stream
             └── merged ───────> the rule-evaluation record guarded by the number of events seen

The loop acts on the record: it writes the statuses into the job's record, and sends notices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest, NotFound
from clary.domain.hosts import TRAINING_JOB
from clary.domain.rules import FINAL, ISSUES_FOUND, KIND, LOG_GROUP, NO_ISSUES_FOUND, STOPPED
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clary.kinds.stores import Document, Stores

CUT_SHORT = "The training was stopped; nothing was found until then"
DETAILS_LIMIT = 1024
"""The longest StatusDetails the model allows."""
NOTIFIED = ("email", "sms")
"""Actions of the server. StopTraining is done by the agent."""


def keep_rule_events(
    stores: Stores, job_name: str, host: str, *, attempt: int, first: int, events: Sequence[Document]
) -> list[str]:
    """Stores events; returns the evaluator's rules that a caller wants stopped.

    first: the number of earlier events of this attempt. Raises NotFound for an evaluator that is not wanted.
    """
    record = stores.records.find(KIND, job_name)
    evaluator = record["Evaluators"].get(host) if record else None
    if record is None or evaluator is None or evaluator["Attempt"] != attempt:
        raise NotFound(f"{job_name} has no evaluator {host} of attempt {attempt}")
    if first > evaluator["Seen"]:
        raise BadRequest(f"First is {first}, but only {evaluator['Seen']} events came before")
    own = set(evaluator["Rules"])
    new = [event for event in events[evaluator["Seen"] - first :] if event["RuleConfigurationName"] in own]
    seen = max(evaluator["Seen"], first + len(events))
    unwanted = sorted(name for name in own if record["Rules"][name].get("StopRequested"))
    if seen == evaluator["Seen"]:
        return unwanted
    job = stores.records.find(TRAINING_JOB, job_name)
    if job is not None and "_StopRequestedAt" in job:
        new = [_cut_short(event) for event in new]
    positions = _write_logs(stores, record, new)

    def merge(present: Document) -> Document:
        changes = merged(present, new)
        for name, position in positions.items():
            changes["Rules"][name]["LogPosition"] = position
        changes["Evaluators"] = {**present["Evaluators"], host: {**present["Evaluators"][host], "Seen": seen}}
        return changes

    try:
        stores.records.update(KIND, job_name, merge)
    except RecordMissing:
        raise NotFound(f"there is no job {job_name}") from None
    return unwanted


def merged(record: Document, events: Sequence[Document]) -> Document:
    """The members ``Rules`` and ``Actions`` with the events merged. A pure function."""
    rules = {name: dict(rule) for name, rule in record["Rules"].items()}
    actions = list(record.get("Actions", []))
    for event in events:
        rule = rules[event["RuleConfigurationName"]]
        if event["Kind"] == "Rule":
            rule["Rule"] = {key: event.get(key, "") for key in ("RuleName", "Meaning", "Remedy")}
        elif event["Kind"] == "Finding":
            rule.setdefault("FirstFinding", event)
        elif event["Kind"] == "Status":
            _enter(rule, event)
        elif event["Kind"] == "Action" and event["Action"] in NOTIFIED:
            _ask(actions, event)
    return {"Rules": rules, "Actions": actions}


def _cut_short(event: Document) -> Document:
    """Turns NoIssuesFound of a stopped job into Stopped: the rest of the training was not judged."""
    if event["Kind"] != "Status" or event["RuleEvaluationStatus"] != NO_ISSUES_FOUND:
        return event
    return {**event, "RuleEvaluationStatus": STOPPED, "StatusDetails": CUT_SHORT}


def _enter(rule: Document, event: Document) -> None:
    """A final status stays, also when the evaluation is repeated from the beginning."""
    if rule["Status"] in FINAL and event["RuleEvaluationStatus"] != "Error":
        return
    rule["Status"] = event["RuleEvaluationStatus"]
    rule["ModifiedAt"] = event["LastModifiedTime"]
    rule["Details"] = event["StatusDetails"]
    if rule["Status"] == ISSUES_FOUND:
        known = rule.get("Rule", {})
        finding = next(_lines(rule["FirstFinding"]), "") if "FirstFinding" in rule else ""
        parts = (event["StatusDetails"].strip(), finding, known.get("Meaning"), known.get("Remedy"))
        rule["Details"] = "\n".join(part for part in parts if part)[:DETAILS_LIMIT]


def _ask(actions: list[Document], event: Document) -> None:
    key = {name: event[name] for name in ("RuleConfigurationName", "Action", "Target")}
    if not any(key.items() <= action.items() for action in actions):
        actions.append({**key, "RuleName": event["RuleName"], "State": "Due"})


def _write_logs(stores: Stores, record: Document, events: Sequence[Document]) -> dict[str, int]:
    """Writes the log lines of events; returns the new position of each rule's stream."""
    lines: dict[str, list[str]] = {}
    for event in events:
        lines.setdefault(event["RuleConfigurationName"], []).extend(_lines(event))
    positions: dict[str, int] = {}
    for name, texts in lines.items():
        rule = record["Rules"][name]
        try:
            positions[name] = _append_once(stores, rule["LogStream"], rule["LogPosition"], texts)
        except NotFound:
            continue  # the user has deleted the log; the evaluation goes on
    return positions


def _append_once(stores: Stores, stream: str, position: int, texts: Sequence[str]) -> int:
    """Appends a batch unless it was written before a crash; returns the new position."""
    count = stores.logs.stream(LOG_GROUP, stream).event_count
    # Others write to the stream too: results of notifications are not part of the batch.
    newer = count - position
    since: list[str] = []
    if newer > 0:
        last = stores.logs.read(LOG_GROUP, stream, backwards=True, limit=newer)
        since = [event.message for event in last]
    if any(since[start : start + len(texts)] == list(texts) for start in range(len(since))):
        return count
    now = stores.now()
    return stores.logs.append(
        LOG_GROUP, stream, [(int(now * 1000), text) for text in texts], now, steady=True
    )


def _lines(event: Document) -> Iterator[str]:
    if event["Kind"] == "Rule":
        given = ", ".join(f"{key}={value}" for key, value in event.get("RuleParameters", {}).items())
        yield f"Evaluating the rule {event['RuleName']}" + (f" with {given}" if given else "")
    elif event["Kind"] == "Finding":
        where = f"step {event['Step']}" + (f", {event['Tensor']}" if event["Tensor"] else "")
        yield f"{where}: {event['Message']}"
    elif event["Kind"] == "Status":
        yield from _text_lines(f"{event['RuleEvaluationStatus']} {event['StatusDetails']}")
    elif event["Kind"] == "Action":
        yield f"Action: {event['Action']} {event['Target']}".rstrip()
    elif event["Kind"] == "Log":
        yield from _text_lines(str(event["Text"]))


def _text_lines(text: str) -> Iterator[Any]:
    return (line for line in text.splitlines() if line.strip())
