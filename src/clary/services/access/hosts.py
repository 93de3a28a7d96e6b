"""What the agent beside one host may do: report on that host and ship its log lines, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import PROCESSING_JOB, TRAINING_JOB, HostName
from clary.domain.identity import PrincipalKind

if TYPE_CHECKING:
    from clary.domain.identity import Caller

LOG_GROUPS = {
    TRAINING_JOB: "/aws/sagemaker/TrainingJobs",
    PROCESSING_JOB: "/aws/sagemaker/ProcessingJobs",
}
"""Kind of job to where its hosts log."""

_ON_A_STREAM = {
    "CreateLogStream": "logStreamName",
    "PutLogEvents": "logStreamName",
    "DescribeLogStreams": "logStreamNamePrefix",
}


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
