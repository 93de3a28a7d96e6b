"""CloudWatch Logs: ``logs:<Operation>`` on a group or a stream."""

from __future__ import annotations

from typing import Any

from .requirement import Requirement, Scope, request_tags

_ON_STREAMS = frozenset({"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"})
_TAGGING = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    context = request_tags(params.get("tags") or params.get("tagKeys"))
    action = f"logs:{operation}"
    if operation in _TAGGING and params.get("resourceArn"):
        return [Requirement(action, params["resourceArn"], context)]
    stream = params.get("logStreamName", "") if operation in _ON_STREAMS else ""
    return [
        Requirement(action, f"{group}:log-stream:{stream}", context)
        for group in _groups(operation, params, scope)
    ] or [Requirement(action, "*", context)]


def _groups(operation: str, params: dict[str, Any], scope: Scope) -> list[str]:
    """Returns ARNs without the ``:*`` that Logs appends."""
    start = f"arn:aws:logs:{scope.region}:{scope.account}:log-group:"
    if operation in ("DescribeLogGroups", "ListLogGroups"):
        return [start + params.get("logGroupNamePrefix", "")]
    identifiers = [
        *([params["logGroupName"]] if params.get("logGroupName") else []),
        *([params["logGroupIdentifier"]] if params.get("logGroupIdentifier") else []),
        *params.get("logGroupNames", ()),
        *params.get("logGroupIdentifiers", ()),
    ]
    return [
        name.removesuffix(":*") if name.startswith("arn:") else start + name
        for name in dict.fromkeys(identifiers)
        if isinstance(name, str)
    ]
