"""Whose points a metric of a resource are: a trial component shows those of the jobs that it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import canonical_arn
from clary.kinds.host_metrics import read_host_owner

from ._request import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.services.context import Context
    from clary.store.metrics import Summary


def metric_owners(ctx: Context, resource_arn: str, metrics: Sequence[str]) -> dict[str, tuple[str, Summary]]:
    """Returns the owner and the summary of each metric of a resource that has points, by its name.

    Where several owners have a metric of the same name: the component's own before those of its jobs. Raises
    Denied when the caller may not read the metrics of the resource or of a job that has some of them.
    """
    arn = canonical_arn(resource_arn)
    require(ctx, "sagemaker:BatchGetMetrics", arn)
    record = ctx.records.find_by_arn(arn)
    of_host = read_host_owner(arn)
    if record is None and of_host is not None and ctx.records.find_by_arn(of_host[0]) is not None:
        # The utilization of a host: who may read the metrics of its job may read it.
        return {name: (arn, summary) for name, summary in ctx.metrics.summaries_of(arn, metrics).items()}
    if record is None:
        return {}
    found: dict[str, tuple[str, Summary]] = {}
    origins = [record["Source"]] if "TrialComponentArn" in record and "Source" in record else []
    more = record.get("Sources", ()) if "TrialComponentArn" in record else ()
    owners = dict.fromkeys([arn, *(canonical_arn(origin["SourceArn"]) for origin in (*origins, *more))])
    for owner in owners:
        missing = [name for name in metrics if name not in found]
        own = ctx.metrics.summaries_of(owner, missing) if missing else {}
        if own and owner != arn:
            require(ctx, "sagemaker:BatchGetMetrics", owner)
        found.update({name: (owner, summary) for name, summary in own.items()})
    return found
