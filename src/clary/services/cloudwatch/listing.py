"""ListMetrics: the metrics that jobs have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import sagemaker_arn
from clary.services._page_token import read_token, write_token

from ._series import Namespace, invalid, namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudwatch.type_defs import ListMetricsInputTypeDef

    from clary.services.context import Context, Document

PAGE = 500
RECENT_S = 3 * 3_600.0


def list_metrics(ctx: Context, request: ListMetricsInputTypeDef) -> Document:
    """One page, sorted by namespace, job and name. A token names the last metric of its page."""
    after = _read_token(request["NextToken"]) if "NextToken" in request else ("", "", "")
    metrics: list[Document] = []
    for space in namespaces().values():
        if request.get("Namespace", space.name) != space.name or space.name < after[0]:
            continue
        begin = after[1:] if space.name == after[0] else ("", "")
        for owner, metric in _of_space(ctx, space, request, begin):
            metrics.append(metric)
            if len(metrics) == PAGE:
                return {
                    "Metrics": metrics,
                    "NextToken": write_token(space.name, owner, metric["MetricName"]),
                }
    return {"Metrics": metrics}


def _of_space(
    ctx: Context, space: Namespace, request: ListMetricsInputTypeDef, after: tuple[str, str]
) -> Iterator[tuple[str, Document]]:
    wanted = {one["Name"]: one.get("Value") for one in request.get("Dimensions", ())}
    if not wanted.keys() <= {space.dimension}:
        return
    job = wanted.get(space.dimension)
    owners = sagemaker_arn(ctx.region, ctx.account, space.kind, job or "")
    active_since = ctx.now() - RECENT_S if "RecentlyActive" in request else None
    names: dict[str, str | None] = {}
    found = ctx.metrics.names(
        owners, whole=bool(job), after=after, name=request.get("MetricName"), active_since=active_since
    )
    for owner, name in found:
        if owner not in names:
            record = ctx.records.find_by_arn(owner)
            names[owner] = None if record is None else str(record[space.dimension])
        called = names[owner]
        if called is not None and job in (None, called):
            dimension = {"Name": space.dimension, "Value": called}
            yield owner, {"Namespace": space.name, "MetricName": name, "Dimensions": [dimension]}


def _read_token(token: str) -> tuple[str, str, str]:
    """(namespace, ARN of the job, name) of the last metric of the previous page."""
    position = read_token(token, str, str, str)
    if position is None:
        raise invalid("NextToken is not one of this list; give the NextToken of the previous page, unchanged")
    return position[0], position[1], position[2]
