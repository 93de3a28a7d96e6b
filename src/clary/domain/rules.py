"""The rules of a training job: their names and limits.

The record of a job lists its rules. A record of kind ``rule-evaluation`` with the same name has the state of
their evaluation. On the wire each rule is a processing job with an ARN of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

KIND = "rule-evaluation"

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"

EVALUATOR = "rules-"
"""The prefix of the host name of every evaluator."""

RULES_SESSION = f"SageMaker-{EVALUATOR}"
"""The prefix of the session name of an evaluator's credentials: it tells its calls apart."""

STOPPED_BY_RULE = "the StopTraining action of a rule"
"""The author of a stop request that a rule has made."""

MOST_RULES = 20
"""AWS's own limit for one job."""

MOST_ATTEMPTS = 3
"""How often an evaluator is started that ends without a report."""

IN_PROGRESS, ISSUES_FOUND, NO_ISSUES_FOUND = "InProgress", "IssuesFound", "NoIssuesFound"
ERROR, STOPPING, STOPPED = "Error", "Stopping", "Stopped"

FINAL = (ISSUES_FOUND, NO_ISSUES_FOUND, ERROR, STOPPED)

STATUSES_OF = {
    "DebugRuleConfigurations": "DebugRuleEvaluationStatuses",
    "ProfilerRuleConfigurations": "ProfilerRuleEvaluationStatuses",
}
"""Member of the request to the member of the response."""


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
    """Returns every rule in the record of a training job, in its order."""
    return [
        JobRule(configuration["RuleConfigurationName"], member, configuration)
        for member in STATUSES_OF
        for configuration in job.get(member) or ()
    ]


def rule_output_uri(job: Document, rule: JobRule) -> str:
    """Returns the URI of the folder that a rule writes to."""
    base = rule.configuration.get("S3OutputPath") or job["OutputDataConfig"]["S3OutputPath"]
    return f"{base.rstrip('/')}/{job['TrainingJobName']}/rule-output/{rule.name}/"
