"""``Metrics`` of a trial component, for DescribeTrialComponent and Search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.services.context import Context, Document, Record
    from clary.store.metrics import Summary


def component_metrics(ctx: Context, record: Record) -> Iterator[Document]:
    """One entry for each metric of the component and of the jobs that it describes."""
    origins = [record["Source"]] if "Source" in record else []
    owners = [record["TrialComponentArn"]]
    owners += [origin["SourceArn"] for origin in (*origins, *record.get("Sources", ()))]
    for owner in dict.fromkeys(owners):
        for summary in ctx.metrics.summaries(owner):
            yield _metric(owner, summary)


def _metric(owner: str, summary: Summary) -> Document:
    numbers: dict[str, Any] = {
        "Min": summary.minimum,
        "Max": summary.maximum,
        "Avg": summary.average,
        "StdDev": summary.deviation,
        "Last": summary.last,
    }
    return {
        "MetricName": summary.name,
        "SourceArn": owner,
        "TimeStamp": summary.last_at,
        "Count": summary.count,
        **{name: number for name, number in numbers.items() if number is not None},
    }
