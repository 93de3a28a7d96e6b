"""The permissions of a host's agent: to report on its host and to ship its log lines, until the job ends.

A later job of the same name has other hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import NotFound
from clary.domain.hosts import HostName
from clary.domain.identity import PrincipalKind
from clary.kinds.catalogue import find_kind

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.store.records import Records

_ON_A_STREAM = {
    "CreateLogStream": "logStreamName",
    "PutLogEvents": "logStreamName",
    "DescribeLogStreams": "logStreamNamePrefix",
}


def host_identity(records: Records, name: str) -> str:
    """Names one host of one attempt of one job. Raises NotFound once the job is over.

    An agent of an earlier attempt may still run, on a node that lost its connection to the cluster.
    A job is over when every host has said how it ended, so no agent has anything left to say then; also
    one that outlived a restart of the server. Hosts that go on after their job are told by its kind.
    """
    host = HostName.parse(name)
    kind, job = find_kind(host.kind), records.find(host.kind, host.job)
    if kind is None or job is None or not kind.host_is_wanted(records, job, host):
        raise NotFound(f"the host {name} has no job that is running")
    identity = f"host:{name}:{job.get('CreationTime')!r}"
    cluster = kind.cluster
    # Evaluators of rules go on beside every attempt of their job.
    if cluster is None or (cluster.together and host.number is None):
        return identity
    attempt = cluster.attempt(job, host.host)
    return f"{identity}:{attempt}" if attempt else identity


def host_may(caller: Caller, service: str, operation: str, params: dict[str, Any], records: Records) -> bool:
    """``caller.name`` is a ``HostName``; its streams are called ``<job>/<algo-N>``, or go on with a dash.

    Where each record has a log group of its own, they are those that its kind names.
    """
    if caller.kind is not PrincipalKind.HOST:
        return False
    if service == "clary":
        return params.get("Host") == caller.name
    if service == "logs" and operation in _ON_A_STREAM:
        own = HostName.parse(caller.name)
        kind = find_kind(own.kind)
        if kind is None or kind.cluster is None:
            return False
        if params.get("logGroupName") != kind.cluster.group_of(own.job):
            return False
        stream = params.get(_ON_A_STREAM[operation]) or ""
        if kind.cluster.own_group:
            record = records.find(own.kind, own.job)
            return record is not None and stream in kind.cluster.streams(record, own.job, own.host)
        name = f"{own.job}/{own.host}"
        # The dash separates the streams of algo-1 from those of algo-10.
        return bool(stream == name or stream.startswith(f"{name}-"))
    return False
