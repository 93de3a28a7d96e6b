"""From a job's record and some of its rules to what their evaluator is told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import EnvironmentSpec, EvaluationSpec, HostSpec
from clary.domain.rules import JobRule, rule_output_uri
from clary.kinds.hosts import DEFAULT_VOLUME_GB, loopback_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import AgentCredentials, Endpoint

Document = dict[str, Any]

MEMORY_BYTES = 8 << 30
"""For a rule of the user's own, which has no instance."""
OURS = EnvironmentSpec("clary", sys.prefix)
"""The built-in rules are evaluated by this very Clary."""


def evaluator_spec(
    job: Document,
    rules: Sequence[JobRule],
    *,
    host: str,
    attempt: int,
    environment: EnvironmentSpec | None,
    endpoint: Endpoint,
    credentials: AgentCredentials,
) -> HostSpec:
    """environment: of a custom rule; None for the built-in ones."""
    configurations: dict[str, list[Document]] = {}
    for rule in rules:
        configurations.setdefault(rule.member, []).append(rule.configuration)
    return HostSpec(
        job_name=job["TrainingJobName"],
        job_arn=job["TrainingJobArn"],
        host_name=host,
        hosts={host: loopback_address(job["TrainingJobArn"], host)},
        cpus=1,
        memory_bytes=0 if environment is None else MEMORY_BYTES,
        gpus=0,
        endpoint=endpoint,
        agent_credentials=credentials,
        role_arn=job["RoleArn"],
        environment=environment or OURS,
        disk_bytes=DEFAULT_VOLUME_GB << 30,
        workload=EvaluationSpec(
            configurations=configurations,
            trial_uri=trial_uri(job),
            profile_uri=profile_uri(job),
            output_uris={rule.name: rule_output_uri(job, rule) for rule in rules},
            custom=environment is not None,
            attempt=attempt,
        ),
    )


def trial_uri(job: Document) -> str:
    """Where the job saves its tensors; empty when it does not."""
    config = job.get("DebugHookConfig")
    return _below(job, config["S3OutputPath"], "debug-output") if config else ""


def profile_uri(job: Document) -> str:
    """Where the job's profile goes; empty when there is none."""
    config = job.get("ProfilerConfig")
    if not config or config.get("DisableProfiler"):
        return ""
    return _below(
        job, config.get("S3OutputPath") or job["OutputDataConfig"]["S3OutputPath"], "profiler-output"
    )


def _below(job: Document, base: str, folder: str) -> str:
    return f"{base.rstrip('/')}/{job['TrainingJobName']}/{folder}"
