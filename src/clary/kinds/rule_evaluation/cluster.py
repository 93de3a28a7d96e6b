"""The evaluators of a job's rules, and the spec of each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import TRAINING_JOB, EnvironmentSpec, EvaluationSpec, HostSpec
from clary.domain.rules import rule_output_uri, rules_of
from clary.kinds.hosts import DEFAULT_VOLUME_GB, ClusterHost, loopback_address

from .saved_files import saved_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.hosts import Endpoint
    from clary.kinds.cluster import HostStart
    from clary.kinds.decision import RecordKey

Document = dict[str, Any]

MEMORY_BYTES = 8 << 30
"""For a custom rule, which has no instance."""
OURS = EnvironmentSpec("clary", sys.prefix)
"""Built-in rules run in the environment of the server."""


def hosts(record: Document) -> list[ClusterHost]:
    """An evaluator for all built-in rules, one for each custom rule; those that are over are left out."""
    names = [name for name, evaluator in record["Evaluators"].items() if not evaluator.get("Over")]
    return [ClusterHost(name, "", "", 0, 1) for name in names]


def image(record: Document, host: str) -> str:
    """The image of an evaluator; empty for built-in rules."""
    return str(record["Evaluators"][host].get("Image", ""))


def attempt(record: Document, host: str) -> int:
    return int(record["Evaluators"][host]["Attempt"])


def log_streams(record: Document, name: str, host: str) -> tuple[str, ...]:
    """A log stream for each rule of an evaluator."""
    return tuple(record["Rules"][rule]["LogStream"] for rule in record["Evaluators"][host]["Rules"])


def evaluator_specs(
    record: Document,
    starts: Mapping[str, HostStart],
    *,
    endpoint: Endpoint,
    records: Mapping[RecordKey, Document | None],
) -> dict[str, HostSpec]:
    """Host name to its spec, as ``kinds.cluster.HostSpecs`` promises."""
    job = records[TRAINING_JOB, record["TrainingJobName"]]
    assert job is not None, "an evaluation without its job starts nothing"
    return {
        host: _spec(job, record["Evaluators"][host], host, start, endpoint) for host, start in starts.items()
    }


def _spec(job: Document, evaluator: Document, host: str, start: HostStart, endpoint: Endpoint) -> HostSpec:
    rules = [rule for rule in rules_of(job) if rule.name in evaluator["Rules"]]
    configurations: dict[str, list[Document]] = {}
    for rule in rules:
        configurations.setdefault(rule.member, []).append(rule.configuration)
    saved = saved_files(job)
    custom = start.environment is not None
    return HostSpec(
        job_name=job["TrainingJobName"],
        job_arn=job["TrainingJobArn"],
        host_name=host,
        hosts={host: loopback_address(job["TrainingJobArn"], job["CreationTime"], host)},
        cpus=1,
        memory_bytes=MEMORY_BYTES if custom else 0,
        gpus=0,
        endpoint=endpoint,
        agent_credentials=start.credentials,
        role_arn=job["RoleArn"],
        environment=start.environment or OURS,
        disk_bytes=DEFAULT_VOLUME_GB << 30,
        workload=EvaluationSpec(
            configurations=configurations,
            trial_uri=saved.tensors if saved else "",
            profile_uri="" if saved is None or saved.profiler_off else saved.profile,
            output_uris={rule.name: rule_output_uri(job, rule) for rule in rules},
            custom=custom,
            attempt=evaluator["Attempt"],
            since=job["CreationTime"],
        ),
    )
