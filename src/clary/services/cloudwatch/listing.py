"""ListMetrics: the metrics that jobs have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.kinds.endpoint import KIND as ENDPOINT
from clary.kinds.endpoint import instance_metrics, invocation_metrics
from clary.kinds.host_metrics import host_owner, read_host_owner
from clary.services._page_token import read_token, write_token

from ._series import HOST, Namespace, invalid, namespaces

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import ListMetricsInputTypeDef

    from clary.services.context import Context, Document

Listing = Callable[..., Iterator[tuple[str, dict[str, Any]]]]
"""(context, request, the last owner and name of the page before) to (owner, metric)."""

ReadOwner = Callable[[str], tuple[str, str] | None]

_OF_VARIANTS: dict[str, ReadOwner] = {
    invocation_metrics.NAMESPACE: invocation_metrics.read_variant_owner,
    instance_metrics.NAMESPACE: instance_metrics.read_instances_owner,
}
"""The namespaces of endpoints, and what reads (ARN of the endpoint, variant) from the owner of a series."""

PAGE = 500
RECENT_S = 3 * 3_600.0


def list_metrics(ctx: Context, request: ListMetricsInputTypeDef) -> Document:
    """One page, sorted by namespace, job and name. A token names the last metric of its page."""
    after = _read_token(request["NextToken"]) if "NextToken" in request else ("", "", "")
    metrics: list[Document] = []
    spaces: dict[str, Listing] = {name: partial(_of_space, space) for name, space in namespaces().items()}
    for name, read_owner in _OF_VARIANTS.items():
        spaces[name] = partial(_of_endpoints, name, read_owner)
    for name in sorted(spaces):
        if request.get("Namespace", name) != name or name < after[0]:
            continue
        begin = after[1:] if name == after[0] else ("", "")
        for owner, metric in spaces[name](ctx, request, begin):
            metrics.append(metric)
            if len(metrics) == PAGE:
                return {"Metrics": metrics, "NextToken": write_token(name, owner, metric["MetricName"])}
    return {"Metrics": metrics}


def _of_space(
    space: Namespace, ctx: Context, request: ListMetricsInputTypeDef, after: tuple[str, str]
) -> Iterator[tuple[str, Document]]:
    wanted = {one["Name"]: one.get("Value") for one in request.get("Dimensions", ())}
    if wanted.keys() not in (set(), {space.dimension}, {HOST}):
        return
    dimension, value = next(iter(wanted.items()), (None, None))
    below = host_owner("", value.partition("/")[2]) if dimension == HOST and value else ""
    owners = sagemaker_arn(ctx.region, ctx.account, space.kind, (value or "").partition("/")[0]) + below
    active_since = ctx.now() - RECENT_S if "RecentlyActive" in request else None
    names: dict[str, dict[str, str] | None] = {}
    found = ctx.metrics.names(
        owners,
        whole=value is not None,
        after=after,
        name=request.get("MetricName"),
        active_since=active_since,
    )
    for owner, name in found:
        if owner not in names:
            names[owner] = _dimension_of(ctx, space, owner)
        found_dimension = names[owner]
        if found_dimension is None:
            continue
        called = found_dimension["Name"], found_dimension["Value"]
        if dimension in (None, called[0]) and value in (None, called[1]):
            yield owner, {"Namespace": space.name, "MetricName": name, "Dimensions": [found_dimension]}


def _of_endpoints(
    namespace: str,
    read_owner: ReadOwner,
    ctx: Context,
    request: ListMetricsInputTypeDef,
    after: tuple[str, str],
) -> Iterator[tuple[str, Document]]:
    """The metrics of variants of endpoints, also of those that have been deleted."""
    names = invocation_metrics.ENDPOINT_DIMENSION, invocation_metrics.VARIANT_DIMENSION
    wanted = {one["Name"]: one.get("Value") for one in request.get("Dimensions", ())}
    found = ctx.metrics.names(
        sagemaker_arn(ctx.region, ctx.account, ENDPOINT.record_kind, ""),
        after=after,
        name=request.get("MetricName"),
        active_since=ctx.now() - RECENT_S if "RecentlyActive" in request else None,
    )
    for owner, metric in found:
        variant = read_owner(owner)
        if variant is None:
            continue
        record = ctx.records.find_by_arn(variant[0])
        # Of an endpoint that is gone only the ARN is known, which is in lower case.
        endpoint = variant[0].rpartition("/")[2] if record is None else ENDPOINT.name(record)
        values = dict(zip(names, (endpoint, variant[1]), strict=True))
        if all(name in values and value in (None, values[name]) for name, value in wanted.items()):
            dimensions = [{"Name": name, "Value": value} for name, value in values.items()]
            yield (
                owner,
                {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
            )


def _dimension_of(ctx: Context, space: Namespace, owner: str) -> dict[str, str] | None:
    """The dimension that names the owner of a series: a job, or a host of one; None without the job."""
    of_host = read_host_owner(owner)
    record = ctx.records.find_by_arn(owner if of_host is None else of_host[0])
    if record is None:
        return None
    job = str(record[space.dimension])
    if of_host is None:
        return {"Name": space.dimension, "Value": job}
    return {"Name": HOST, "Value": f"{job}/{of_host[1]}"}


def _read_token(token: str) -> tuple[str, str, str]:
    """(namespace, ARN of the job, name) of the last metric of the previous page."""
    position = read_token(token, str, str, str)
    if position is None:
        raise invalid("NextToken is not one of this list; give the NextToken of the previous page, unchanged")
    return position[0], position[1], position[2]
