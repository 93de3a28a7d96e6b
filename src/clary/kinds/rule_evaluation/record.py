"""The rules a training job asks for: checked, and written down for the runner to have them evaluated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.domain.rules import KIND, MOST_RULES, evaluation_of, rules_of, wire_statuses
from clary.store.records import RecordExists

from .as_processing_job import forget_rule_jobs, name_rule_jobs

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores

BUILT_IN, CUSTOM = "sagemaker-debugger-rules", "sagemaker-debugger-rule-evaluator"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


def check_rules(request: Document) -> None:
    """What the model can't say. Raises ValidationError naming the member and the fix."""
    seen: set[str] = set()
    for rule in rules_of(request):
        if not _NAME.fullmatch(rule.name):
            raise ValidationError(
                f"{rule.member}: RuleConfigurationName is {rule.name!r}; it names the folder of the rule's "
                "output: give letters, digits, spaces, dots, dashes and underscores, a letter or digit first."
            )
        if rule.name in seen:
            raise ValidationError(
                f"{rule.member} has two rules named {rule.name}; a RuleConfigurationName may be used once."
            )
        seen.add(rule.name)
        repository = rule.configuration["RuleEvaluatorImage"].rpartition("/")[2].partition(":")[0]
        if repository not in (BUILT_IN, CUSTOM):
            raise ValidationError(
                f"{rule.member}: RuleEvaluatorImage {rule.configuration['RuleEvaluatorImage']} is not "
                f"served; use {BUILT_IN}:latest for a built-in rule, or {CUSTOM}:latest for one with a "
                "source of its own."
            )
    if len(seen) > MOST_RULES:
        raise ValidationError(
            f"The job has {len(seen)} rules, and {MOST_RULES} are allowed; leave out some of them."
        )


def first_statuses(job: Document) -> Document:
    """The statuses of a job that is being made."""
    return wire_statuses(job, evaluation_of(job))


def evaluate_rules(stores: Stores, job: Document) -> None:
    """Has the job's rules evaluated: all of a new job, those that were added of a running one."""
    if not rules_of(job):
        return
    name = job["TrainingJobName"]
    new: Document = {**evaluation_of(job), "Status": "InProgress"}

    def add(present: Document) -> Document:
        # What an earlier job of this name has left tells of this job from now on.
        if present["JobCreatedAt"] != job["CreationTime"]:
            return {**evaluation_of(job), "Status": "InProgress"}
        return {**evaluation_of(job, present), "Status": "InProgress"}

    try:
        stores.records.insert(KIND, name, new, status="InProgress")
    except RecordExists:
        new = stores.records.update(KIND, name, add, status="InProgress")
    name_rule_jobs(stores, job, new)


def forget_rules(stores: Stores, job_name: str) -> None:
    """Deletes the evaluation of a job's rules, and the names of their processing jobs."""
    evaluation = stores.records.find(KIND, job_name)
    if evaluation is not None:
        forget_rule_jobs(stores, evaluation)
        stores.records.delete(KIND, job_name)
