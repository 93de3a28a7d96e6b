"""Finds the job that a user names: by name, ARN or log stream, or as a rule of a training job."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from clary.cli.console import fail
from clary.cli.job_kinds import KINDS, PROCESSING, TRAINING, CliKind

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

MOST_COMPARED = 500
"""The number of jobs of each kind, the newest, whose names are compared with an unknown name."""


def find_job(
    sagemaker: Any,
    name: str,
    rule: str | None = None,
    *,
    processing: bool = False,
    kinds: tuple[CliKind, ...] = KINDS,
) -> tuple[CliKind, dict[str, Any]]:
    """Returns the kind and description of the job. Raises ClientError when there is none.

    kinds: those that the command is for.

    On the wire a rule is a processing job. It is found by that job's name, or by the training job and the
    name of the rule's configuration (``rule``, or ``name`` as JOB/RULE).
    """
    if not name:
        fail("the name of a job is empty; clary jobs lists the jobs")
    if name.startswith("arn:"):
        resource = name.rpartition(":")[2]
        processing = processing or resource.startswith("processing-job/")
        name = resource.partition("/")[2]
    name, _, rest = name.partition("/")
    kind, job = _named(sagemaker, name, processing=processing, kinds=kinds)
    if rule is not None:
        return _rule_of(sagemaker, job, rule)
    if rest and any(status["RuleConfigurationName"] == rest for status in rule_statuses(job)):
        return _rule_of(sagemaker, job, rest)
    return kind, job


def refusal(sagemaker: Any, name: str, error: ClientError) -> str:
    """Returns why the service refused a request about a job, and the names that may have been meant."""
    message = str(error.response["Error"]["Message"])
    if "not found" not in message:
        return f"{name}: {message}"
    there = [kind.name(each) for kind in KINDS for each in kind.newest(sagemaker, MOST_COMPARED)]
    near = difflib.get_close_matches(name, there)
    hint = f"did you mean {' or '.join(near)}?" if near else "clary jobs lists the jobs"
    return f"{name}: {message.rstrip('.')}; {hint}"


def rule_statuses(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns what Describe says of each rule of a training job; a processing job has none."""
    return [
        *job.get("DebugRuleEvaluationStatuses", ()),
        *job.get("ProfilerRuleEvaluationStatuses", ()),
    ]


def _named(
    sagemaker: Any, name: str, *, processing: bool, kinds: tuple[CliKind, ...]
) -> tuple[CliKind, dict[str, Any]]:
    from botocore.exceptions import ClientError

    for kind in () if processing else kinds:
        try:
            return kind, kind.describe(sagemaker, name)
        except ClientError:
            continue
    kind = PROCESSING if processing else TRAINING
    return kind, kind.describe(sagemaker, name)


def _rule_of(sagemaker: Any, job: dict[str, Any], rule: str) -> tuple[CliKind, dict[str, Any]]:
    from clary.cli.experiment_queries import offered

    statuses = {status["RuleConfigurationName"]: status for status in rule_statuses(job)}
    if rule not in statuses:
        what = job.get("TrainingJobName", job.get("ProcessingJobName"))
        fail(f"{what} has no rule {rule}{offered(rule, list(statuses))}")
    arn = statuses[rule]["RuleEvaluationJobArn"]
    return PROCESSING, PROCESSING.describe(sagemaker, arn.rpartition("/")[2])
