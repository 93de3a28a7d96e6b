"""GetMetricData: several metrics, and expressions over them, in pages."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, ValidationError
from clary.services._instants import epoch_s

from ._math_functions import TimeSeries
from ._metric_math import MetricMath
from ._series import check_range, check_statistic, period_starts, periods, statistic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_cloudwatch.type_defs import GetMetricDataInputTypeDef
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryUnionTypeDef as Query

    from clary.services.context import Context, Document

MAX_QUERIES = 500
MAX_DATAPOINTS = 100_800
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_TOKEN = re.compile(r"(\d{1,9})-(\d{1,9})")


def get_metric_data(ctx: Context, request: GetMetricDataInputTypeDef) -> Document:
    """The newest points come first unless ScanBy says otherwise. A full page may end within a result."""
    queries = request["MetricDataQueries"]
    _check(request, queries)
    wanted = list(_wanted(ctx, request, queries))
    position, done = _read_token(request, len(wanted))
    left = min(request.get("MaxDatapoints", MAX_DATAPOINTS), MAX_DATAPOINTS)
    oldest_first = request.get("ScanBy") == "TimestampAscending"
    results: list[Document] = []
    for number, (query, read) in enumerate(wanted[position:], position):
        series = read()
        found = list(series.points.items())
        page = (found if oldest_first else found[::-1])[done : done + left]
        left -= len(page)
        done += len(page)
        results.append(_result(query, series.label, page, whole=done == len(found)))
        if done < len(found):
            return {"MetricDataResults": results, "NextToken": f"{number}-{done}"}
        done = 0
        if left == 0 and number + 1 < len(wanted):
            return {"MetricDataResults": results, "NextToken": f"{number + 1}-0"}
    return {"MetricDataResults": results}


def _check(request: GetMetricDataInputTypeDef, queries: Sequence[Query]) -> None:
    if len(queries) > MAX_QUERIES:
        raise ValidationError(
            f"MetricDataQueries has {len(queries)} queries; at most {MAX_QUERIES} are allowed"
        )
    if request.get("MaxDatapoints", 1) < 1:
        raise ValidationError("MaxDatapoints must be at least 1")
    seen: set[str] = set()
    for query in queries:
        name = query["Id"]
        if _ID.fullmatch(name) is None or name in seen:
            raise ValidationError(
                f"The Id {name!r} must begin with a lowercase letter, have letters, digits and underscores "
                "only, and be used once"
            )
        seen.add(name)
        if ("Expression" in query) == ("MetricStat" in query):
            raise ValidationError(f"{name}: give MetricStat or Expression, and only one of them")
    stats = [query["MetricStat"] for query in queries if "MetricStat" in query]
    for stat in stats:
        check_statistic(stat["Stat"])
    start, end = epoch_s(request["StartTime"]), epoch_s(request["EndTime"])
    check_range(start, end, [stat["Period"] for stat in stats])


def _wanted(
    ctx: Context, request: GetMetricDataInputTypeDef, queries: Sequence[Query]
) -> Iterator[tuple[Query, Callable[[], TimeSeries]]]:
    """All results in the order of the queries: (query, a function that reads the series)."""
    start, end = epoch_s(request["StartTime"]), epoch_s(request["EndTime"])
    metrics = {
        query["Id"]: partial(_series, ctx, query, start, end) for query in queries if "MetricStat" in query
    }
    expressions = {query["Id"]: query["Expression"] for query in queries if "Expression" in query}
    computed = MetricMath(expressions, metrics, lambda period_s: period_starts(start, end, period_s))
    for query in queries:
        if not query.get("ReturnData", True):
            continue
        name = query["Id"]
        if name in metrics:
            yield query, metrics[name]
        else:
            found = computed.series(name)
            for series in found:
                label = query.get("Label", name) if len(found) == 1 else _label(query, series)
                yield query, partial(replace, series, label=label)


def _series(ctx: Context, query: Query, start: float, end: float) -> TimeSeries:
    stat = query["MetricStat"]
    found = periods(ctx, stat["Metric"], start=start, end=end, period_s=stat["Period"], unit=stat.get("Unit"))
    points = {at: statistic(stat["Stat"], measured) for at, measured in found}
    return TimeSeries(query.get("Label", stat["Metric"]["MetricName"]), stat["Period"], points)


def _label(query: Query, series: TimeSeries) -> str:
    """Of one series of an array."""
    return f"{query['Label']} {series.label}" if "Label" in query else series.label


def _result(query: Query, label: str, page: list[tuple[float, float]], *, whole: bool) -> Document:
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": [at for at, _ in page],
        "Values": [value for _, value in page],
        "StatusCode": "Complete" if whole else "PartialData",
    }


def _read_token(request: GetMetricDataInputTypeDef, count: int) -> tuple[int, int]:
    """(index of a result, how many of its values the previous pages had)."""
    if "NextToken" not in request:
        return 0, 0
    found = _TOKEN.fullmatch(request["NextToken"])
    if found is None or int(found[1]) >= count:
        raise BadRequest("NextToken is not one of this request", code="InvalidNextToken")
    return int(found[1]), int(found[2])
