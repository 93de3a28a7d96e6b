"""Pure functions of a rule-evaluation record and the record of its training job.

The record has the name of the job. On the wire each rule is a processing job with an ARN of its own.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from clary.domain.arns import Arn, sagemaker_arn
from clary.domain.rules import EVALUATOR, IN_PROGRESS, STATUSES_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.rules import JobRule

Document = dict[str, Any]


def evaluation_of(job: Document, rules: Sequence[JobRule], present: Document | None = None) -> Document:
    """The rule-evaluation record of a job with these rules; those in ``present`` stay as they are.

    Rules            rule configuration -> its processing job, its log, and its status as last heard
    Evaluators       host name -> the rules it judges; all built-in rules share one, without an Image
    """
    present = present or {"Rules": {}, "Evaluators": {}}
    new = [rule for rule in rules if rule.name not in present["Rules"]]
    created_at = job["CreationTime"]
    known, evaluators = dict(present["Rules"]), dict(present["Evaluators"])
    for rule in new:
        name = rule_job_name(job["TrainingJobName"], rule.name, created_at)
        known[rule.name] = {
            "Member": rule.member,
            "JobName": name,
            "LogStream": f"{name}/algo-1-{round(created_at * 1000)}",
            "LogPosition": 0,
            "Status": IN_PROGRESS,
            "Details": "",
            "ModifiedAt": created_at,
        }
    built_in = [rule.name for rule in new if not rule.custom]
    groups = [("", built_in)] if built_in else []
    groups += [(rule.configuration["RuleEvaluatorImage"], [rule.name]) for rule in new if rule.custom]
    for image, names in groups:
        evaluator = {"Rules": names, "Image": image, "Attempt": 0, "Seen": 0}
        evaluators[f"{EVALUATOR}{len(evaluators) + 1}"] = evaluator
    return {
        "TrainingJobName": job["TrainingJobName"],
        "Status": "InProgress",
        "JobCreatedAt": created_at,
        "Rules": known,
        "Evaluators": evaluators,
        "Actions": present.get("Actions", []),
    }


def wire_statuses(job: Document, rules: Sequence[JobRule], evaluation: Document) -> Document:
    """``DebugRuleEvaluationStatuses`` and ``ProfilerRuleEvaluationStatuses`` of DescribeTrainingJob."""
    arn = Arn.parse(job["TrainingJobArn"])
    answer: Document = {}
    for rule in rules:
        known = evaluation["Rules"].get(rule.name)
        if known is None:
            continue
        status = {
            "RuleConfigurationName": rule.name,
            "RuleEvaluationJobArn": sagemaker_arn(
                arn.region, arn.account, "processing-job", known["JobName"]
            ),
            "RuleEvaluationStatus": known["Status"],
            "LastModifiedTime": known["ModifiedAt"],
        }
        if known["Details"]:
            status["StatusDetails"] = known["Details"]
        answer.setdefault(STATUSES_OF[rule.member], []).append(status)
    return answer


def rule_job_name(job_name: str, rule_name: str, created_at: float) -> str:
    """The name of a rule's processing job on the wire, at most 63 characters."""
    digest = hashlib.sha256(f"{job_name}/{rule_name}/{created_at!r}".encode()).hexdigest()[:8]
    spelled = re.sub(r"[^A-Za-z0-9-]+", "-", rule_name)
    return f"{job_name[:26]}-{spelled[:26]}-{digest}"
