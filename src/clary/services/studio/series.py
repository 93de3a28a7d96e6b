"""ReadSeries: the curves of many metrics, each reduced to what a chart can show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ._bands import band_of
from ._curve import NOTHING, SeriesCurve, SeriesSource, read_curve, read_sample
from ._metric_owner import metric_owners
from ._series_request import series_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document
    from clary.store.metrics import Summary

    from ._series_request import SeriesRequest

MOST_READ = 4_000_000
"""Points that are read for bands: of longer series, an even sample."""

Owners = dict[str, dict[str, tuple[str, "Summary"]]]
"""By resource and metric."""


def read_series(ctx: Context, request: Mapping[str, object]) -> Document:
    """The curves of Series, in their order, and a band for each Group of them. Raises BadRequest, Denied.

    XAxis: the axis of the answer. Where no series has a step, it is RelativeTime instead of Step: seconds
    since the resource's first point of these metrics. With Metric, a point is at the value that XMetric had
    last at its step. A value that is not finite is null.
    """
    wanted = series_request(request)
    owners = _owners(ctx, wanted)
    if wanted.axis == "Step" and not _has_steps(owners):
        wanted = replace(wanted, axis="RelativeTime")
    sources = _sources(ctx, wanted, owners)
    share = MOST_READ // len(sources)
    series: list[Document] = []
    grouped: dict[str, list[tuple[SeriesCurve, bool]]] = {}
    for each, source in zip(wanted.series, sources, strict=True):
        curve = NOTHING
        if source is not None and each.group is not None:
            grouped.setdefault(each.group, []).append(read_sample(ctx, source, wanted, share))
        elif source is not None:
            curve = read_curve(ctx, source, wanted)
        _, summary = owners[each.resource_arn].get(each.metric, ("", None))
        series.append(
            {
                "X": curve.x,
                "Values": curve.values,
                "Count": 0 if summary is None else summary.count,
                "Last": None if summary is None else summary.last,
                "Minimum": None if summary is None else summary.minimum,
                "Maximum": None if summary is None else summary.maximum,
            }
        )
    places = min(wanted.points, 500)
    bands = [
        {
            "Group": group,
            "IsWhole": all(is_whole for _, is_whole in found),
            **band_of([curve for curve, _ in found], places),
        }
        for group, found in grouped.items()
    ]
    return {"XAxis": wanted.axis, "Series": series, "Bands": bands}


def _owners(ctx: Context, wanted: SeriesRequest) -> Owners:
    metrics: dict[str, dict[str, None]] = {}
    for each in wanted.series:
        metrics.setdefault(each.resource_arn, {})[each.metric] = None
        if wanted.axis == "Metric":
            metrics[each.resource_arn][wanted.x_metric] = None
    return {arn: metric_owners(ctx, arn, list(names)) for arn, names in metrics.items()}


def _has_steps(owners: Owners) -> bool:
    """Whether a series may have steps; of a series without points it is not known."""
    known = [summary for found in owners.values() for _, summary in found.values()]
    return not known or any(summary.last_step is not None for summary in known)


def _sources(ctx: Context, wanted: SeriesRequest, owners: Owners) -> list[SeriesSource | None]:
    """Where the points of each series are; None for one without points."""
    zeros = {arn: _zero(ctx, found) for arn, found in owners.items()} if wanted.axis == "RelativeTime" else {}
    sources: list[SeriesSource | None] = []
    for each in wanted.series:
        found = owners[each.resource_arn]
        if each.metric not in found or (wanted.axis == "Metric" and wanted.x_metric not in found):
            sources.append(None)
            continue
        x_owner = found[wanted.x_metric][0] if wanted.axis == "Metric" else ""
        zero = zeros.get(each.resource_arn, 0.0)
        sources.append(SeriesSource(found[each.metric][0], each.metric, zero, x_owner))
    return sources


def _zero(ctx: Context, found: Mapping[str, tuple[str, Summary]]) -> float:
    began = (ctx.metrics.began_at(owner, metric) for metric, (owner, _) in found.items())
    return min((at for at in began if at is not None), default=0.0)
