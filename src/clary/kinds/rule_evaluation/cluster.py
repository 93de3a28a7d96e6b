"""From a job's record and some of its rules to what their evaluator is told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import EnvironmentSpec, EvaluationSpec, HostSpec
from clary.domain.rules import rule_output_uri
from clary.kinds.hosts import DEFAULT_VOLUME_GB, loopback_address

from .saved_files import saved_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import AgentCredentials, Endpoint
    from clary.domain.rules import JobRule

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
    saved = saved_files(job)
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
            trial_uri=saved.tensors if saved else "",
            profile_uri="" if saved is None or saved.profiler_off else saved.profile,
            output_uris={rule.name: rule_output_uri(job, rule) for rule in rules},
            custom=environment is not None,
            attempt=attempt,
        ),
    )
