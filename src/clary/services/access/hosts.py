"""What the agent beside one host may do: report on that host and ship its log lines, nothing else.

And for how long: until its job has ended. A job of the same name that is made later has hosts of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain import rules
from clary.domain.errors import NotFound
from clary.domain.hosts import PROCESSING_JOB, TRAINING_JOB, HostName
from clary.domain.identity import PrincipalKind

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.store.records import Records

LOG_GROUPS = {
    TRAINING_JOB: "/aws/sagemaker/TrainingJobs",
    PROCESSING_JOB: "/aws/sagemaker/ProcessingJobs",
}
"""Kind of job to where its hosts log."""

_STATUS = {TRAINING_JOB: "TrainingJobStatus", PROCESSING_JOB: "ProcessingJobStatus"}
_UNFINISHED = ("InProgress", "Stopping")

_ON_A_STREAM = {
    "CreateLogStream": "logStreamName",
    "PutLogEvents": "logStreamName",
    "DescribeLogStreams": "logStreamNamePrefix",
}


def host_identity(records: Records, name: str) -> str:
    """Names one host of one job, and of no other job of that name. Raises NotFound once it is over.

    A job is over when every host has said how it ended, so no agent has anything left to say then; also
    one that outlived a restart of the server. An evaluator of rules goes on after its job.
    """
    host = HostName.parse(name)
    job = records.find(host.kind, host.job)
    if job is None or not (_is_running(job, host) or _is_evaluating(records, job, host)):
        raise NotFound(f"the host {name} has no job that is running")
    return f"host:{name}:{job.get('CreationTime')!r}"


def _is_running(job: dict[str, Any], host: HostName) -> bool:
    return job.get(_STATUS.get(host.kind, "")) in _UNFINISHED


def _is_evaluating(records: Records, job: dict[str, Any], host: HostName) -> bool:
    evaluation = records.find(rules.KIND, host.job) if host.kind == TRAINING_JOB else None
    if evaluation is None or evaluation["JobCreatedAt"] != job.get("CreationTime"):
        return False
    evaluator = evaluation["Evaluators"].get(host.host)
    return evaluator is not None and not evaluator.get("Over")


def host_may(caller: Caller, service: str, operation: str, params: dict[str, Any]) -> bool:
    """``caller.name`` is a ``HostName``; its streams are called ``<job>/<algo-N>``, or go on with a dash."""
    if caller.kind is not PrincipalKind.HOST:
        return False
    if service == "clary":
        return params.get("Host") == caller.name
    if service == "logs" and operation in _ON_A_STREAM:
        own = HostName.parse(caller.name)
        name = f"{own.job}/{own.host}"
        stream = params.get(_ON_A_STREAM[operation]) or ""
        # The dash keeps algo-1 out of the streams of algo-10.
        own_stream: bool = stream == name or stream.startswith(f"{name}-")
        return own_stream and params.get("logGroupName") == LOG_GROUPS.get(own.kind)
    return False
