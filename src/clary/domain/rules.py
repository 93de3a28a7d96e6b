"""The rules of a training job, as every part of the platform names them.

A job's record says which rules there are; a record of kind ``rule-evaluation`` beside it, of the same name,
holds what their evaluation is doing. On the wire each rule is a processing job with an ARN of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


def rule_output_uri(job: Document, rule: JobRule) -> str:
    """The folder of what a rule writes."""
    base = rule.configuration.get("S3OutputPath") or job["OutputDataConfig"]["S3OutputPath"]
    return f"{base.rstrip('/')}/{job['TrainingJobName']}/rule-output/{rule.name}/"
