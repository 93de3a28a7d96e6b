"""The life of an evaluation, as a pure function of its record, its evaluators and its training job.

    job gets its hosts ──> evaluators started ──> ReportRules writes Rules and Actions of the record
                                                     │ commit wakes
                          job's statuses written <───┤
                          notifications sent    <────┘
    evaluators over ──> Done

Evaluators outlive the server as hosts do. One that is lost is started again and reads the trial from its
beginning; what was found before stays found.

    Evaluators   host name -> the rules it judges; Attempt; Seen, how many of its events are kept; Over
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import TRAINING_JOB
from clary.domain.rules import ERROR, FINAL, LOG_GROUP, MOST_ATTEMPTS, STOPPED, rules_of
from clary.kinds.decision import Decision, Desired, Notice, ToChange
from clary.kinds.kind import ENDED

from .evaluation import wire_statuses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clary.kinds.decision import HostSeen, RecordKey, Seen

Document = dict[str, Any]

NEVER_BEGUN = "The job ended before its rules could be evaluated"


def follows(record: Document) -> Iterable[RecordKey]:
    return ((TRAINING_JOB, record["TrainingJobName"]),)


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done next."""
    job = seen.records[TRAINING_JOB, record["TrainingJobName"]]
    if job is None or job["CreationTime"] != record["JobCreatedAt"]:
        # It belongs to an earlier job of this name.
        return Decision({"Status": "Done"}, "Done", finished=True)
    rules, evaluators = dict(record["Rules"]), dict(record["Evaluators"])
    restart = []
    for name, evaluator in record["Evaluators"].items():
        if evaluator.get("Over"):
            continue
        found, details = _look(job, record, seen, name)
        if found == "again":
            restart.append(name)
            evaluators[name] = {**evaluator, "Attempt": evaluator["Attempt"] + 1, "Seen": 0}
        elif found:
            evaluators[name] = {**evaluator, "Over": True}
            _end_rules(rules, evaluator["Rules"], found, details, now)
    changes = {
        member: value
        for member, value in (("Rules", rules), ("Evaluators", evaluators))
        if record[member] != value
    }
    due = [index for index, action in enumerate(record["Actions"]) if action["State"] == "Due"]
    over = all(evaluator.get("Over") for evaluator in evaluators.values()) and not due
    return Decision(
        {**changes, "Status": "Done"} if over else changes,
        status="Done" if over else None,
        hosts=Desired.UNTIL_THEY_END if job.get("_Hosts") else Desired.AS_THEY_ARE,
        restart=restart,
        finished=over,
        change=_tell(job, {**record, **changes}),
        notices=[_notice(record, index) for index in due],
    )


def waiting(record: Document, message: str) -> Document:
    """The changes that tell what custom rules wait for."""
    rules = dict(record["Rules"])
    for name, evaluator in record["Evaluators"].items():
        if evaluator.get("Image") and not evaluator.get("Over") and name not in record.get("_Hosts", {}):
            for rule in evaluator["Rules"]:
                rules[rule] = {**rules[rule], "Details": message}
    return {"Rules": rules} if rules != record["Rules"] else {}


def _look(job: Document, record: Document, seen: Seen, name: str) -> tuple[str, str]:
    """Decides about an evaluator: returns an action and details.

    The action is empty if it continues, ``again`` for another attempt, or the final status of those of its
    rules that it has not judged.
    """
    evaluator, host = record["Evaluators"][name], seen.host(name)
    if host is None:
        if name in seen.refused:
            return ERROR, seen.refused[name]
        if job["TrainingJobStatus"] in ENDED and not job.get("_Hosts"):
            return STOPPED, NEVER_BEGUN
        return "", ""
    if not host.exited:
        return "", ""
    if _has_said_all(record, evaluator, host):
        return STOPPED, ""
    if evaluator["Attempt"] + 1 < MOST_ATTEMPTS:
        return "again", ""
    words = host.last_words or "it was killed"
    return ERROR, f"InternalServerError: the evaluator failed {MOST_ATTEMPTS} times: {words}"


def _has_said_all(record: Document, evaluator: Document, host: HostSeen) -> bool:
    """Whether it has sent all events. One that was killed may have had more, also of rules that fired."""
    judged = all(record["Rules"][rule]["Status"] in FINAL for rule in evaluator["Rules"])
    return judged and not host.lost and not host.ended


def _end_rules(rules: Document, names: Iterable[str], status: str, details: str, now: float) -> None:
    for name in names:
        if rules[name]["Status"] not in FINAL:
            rules[name] = {**rules[name], "Status": status, "Details": details, "ModifiedAt": now}


def _tell(job: Document, evaluation: Document) -> list[ToChange]:
    """The change of the job's record, if its statuses differ."""

    def statuses(present: Document) -> Document:
        if present["CreationTime"] != evaluation["JobCreatedAt"]:
            return {}
        return wire_statuses(present, rules_of(present), evaluation)

    if all(job.get(member) == value for member, value in statuses(job).items()):
        return []
    return [ToChange(TRAINING_JOB, job["TrainingJobName"], statuses)]


def _notice(record: Document, index: int) -> Notice:
    action = record["Actions"][index]
    rule = record["Rules"][action["RuleConfigurationName"]]
    return Notice(
        record["TrainingJobName"],
        action,
        rule["Details"],
        partial(_sent, index),
        LOG_GROUP,
        rule["LogStream"],
    )


def _sent(index: int, present: Document, said: str) -> Document:
    actions = list(present["Actions"])
    actions[index] = {**actions[index], "State": "Done", "Note": said}
    return {"Actions": actions}
