"""What the agent beside one host may do: report on that host and ship its log lines, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.identity import PrincipalKind

if TYPE_CHECKING:
    from clary.domain.identity import Caller

LOG_GROUPS = "/aws/sagemaker/"

_ON_A_STREAM = {
    "CreateLogStream": "logStreamName",
    "PutLogEvents": "logStreamName",
    "DescribeLogStreams": "logStreamNamePrefix",
}


def host_may(caller: Caller, service: str, operation: str, params: dict[str, Any]) -> bool:
    """``caller.name`` is ``<job>/<algo-N>``; its streams are called that, or go on with a dash."""
    if caller.kind is not PrincipalKind.HOST:
        return False
    if service == "clary":
        return params.get("Host") == caller.name
    if service == "logs" and operation in _ON_A_STREAM:
        stream = params.get(_ON_A_STREAM[operation]) or ""
        group = params.get("logGroupName") or ""
        # The dash keeps algo-1 out of the streams of algo-10.
        own_stream = stream == caller.name or stream.startswith(f"{caller.name}-")
        return own_stream and group.startswith(LOG_GROUPS)
    return False
