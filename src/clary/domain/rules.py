"""The rules of a training job, as every part of the platform names them.

A job's record says which rules there are; a record of kind ``rule-evaluation`` beside it, of the same name,
holds what their evaluation is doing. On the wire each rule is a processing job with an ARN of its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from .arns import Arn, sagemaker_arn

Document = dict[str, Any]

KIND = "rule-evaluation"

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"

EVALUATOR = "rules-"
"""Begins the host name of every evaluator."""

RULES_SESSION = f"SageMaker-{EVALUATOR}"
"""Begins the session name of the role's credentials that evaluators get: it tells their calls apart."""

STOPPED_BY_RULE = "the StopTraining action of a rule"
"""Who asked for the stop of a job, where a rule did."""

MOST_RULES = 20
"""AWS's own limit for one job."""

MOST_ATTEMPTS = 3
"""How often an evaluator is started that dies without a word."""

IN_PROGRESS, ISSUES_FOUND, NO_ISSUES_FOUND = "InProgress", "IssuesFound", "NoIssuesFound"
ERROR, STOPPING, STOPPED = "Error", "Stopping", "Stopped"

FINAL = (ISSUES_FOUND, NO_ISSUES_FOUND, ERROR, STOPPED)

STATUSES_OF = {
    "DebugRuleConfigurations": "DebugRuleEvaluationStatuses",
    "ProfilerRuleConfigurations": "ProfilerRuleEvaluationStatuses",
}
"""Member of a request to the member that answers it."""


@dataclass(frozen=True, slots=True)
class JobRule:
    """One rule configuration of a job; ``member`` is the list it stands in."""

    name: str
    member: str
    configuration: Document

    @property
    def custom(self) -> bool:
        """Whether the user brought the rule's source."""
        return "source_s3_uri" in self.configuration.get("RuleParameters", {})


def rules_of(job: Document) -> list[JobRule]:
    """Every rule that a training job's record asks for, in the order given."""
    return [
        JobRule(configuration["RuleConfigurationName"], member, configuration)
        for member in STATUSES_OF
        for configuration in job.get(member) or ()
    ]


def evaluation_of(job: Document, present: Document | None = None) -> Document:
    """The rule-evaluation record of a job; rules that ``present`` has already stay as they are.

    Rules            rule configuration -> its processing job, its log, and its status as last heard
    Evaluators       host name -> the rules it judges; all built-in rules share one
    """
    present = present or {"Rules": {}, "Evaluators": {}}
    new = [rule for rule in rules_of(job) if rule.name not in present["Rules"]]
    created_at = job["CreationTime"]
    rules, evaluators = dict(present["Rules"]), dict(present["Evaluators"])
    for rule in new:
        name = rule_job_name(job["TrainingJobName"], rule.name, created_at)
        rules[rule.name] = {
            "Member": rule.member,
            "JobName": name,
            "LogStream": f"{name}/algo-1-{round(created_at * 1000)}",
            "LogPosition": 0,
            "Status": IN_PROGRESS,
            "Details": "",
            "ModifiedAt": created_at,
        }
    built_in = [rule.name for rule in new if not rule.custom]
    for names in ([built_in] if built_in else []) + [[rule.name] for rule in new if rule.custom]:
        evaluators[f"{EVALUATOR}{len(evaluators) + 1}"] = {"Rules": names, "Attempt": 0, "Seen": 0}
    return {
        "TrainingJobName": job["TrainingJobName"],
        "JobCreatedAt": created_at,
        "Rules": rules,
        "Evaluators": evaluators,
        "Actions": present.get("Actions", []),
    }


def wire_statuses(job: Document, evaluation: Document) -> Document:
    """What DescribeTrainingJob says of the rules: ``DebugRuleEvaluationStatuses`` and the profiler's."""
    arn = Arn.parse(job["TrainingJobArn"])
    answer: Document = {}
    for rule in rules_of(job):
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
    """The processing job that a rule is on the wire; the same each time, at most 63 characters."""
    digest = hashlib.sha256(f"{job_name}/{rule_name}/{created_at!r}".encode()).hexdigest()[:8]
    spelled = re.sub(r"[^A-Za-z0-9-]+", "-", rule_name)
    return f"{job_name[:26]}-{spelled[:26]}-{digest}"


def rule_output_uri(job: Document, rule: JobRule) -> str:
    """The folder of what a rule writes."""
    base = rule.configuration.get("S3OutputPath") or job["OutputDataConfig"]["S3OutputPath"]
    return f"{base.rstrip('/')}/{job['TrainingJobName']}/rule-output/{rule.name}/"
