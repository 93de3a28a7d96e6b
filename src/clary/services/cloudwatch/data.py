"""GetMetricData: several metrics at once, in pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, ValidationError
from clary.services._instants import epoch_s

from ._series import check_range, check_statistic, periods, statistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cloudwatch.type_defs import GetMetricDataInputTypeDef
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryUnionTypeDef as Query

    from clary.services.context import Context, Document

MAX_QUERIES = 500
MAX_DATAPOINTS = 100_800
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_TOKEN = re.compile(r"(\d{1,9})-(\d{1,9})")


def get_metric_data(ctx: Context, request: GetMetricDataInputTypeDef) -> Document:
    """Newest first unless asked otherwise. A page that is full ends in the middle of a result."""
    queries = request["MetricDataQueries"]
    _check(request, queries)
    wanted = [query for query in queries if query.get("ReturnData", True)]
    place, done = _read_token(request, len(wanted))
    left = min(request.get("MaxDatapoints", MAX_DATAPOINTS), MAX_DATAPOINTS)
    results: list[Document] = []
    for number, query in enumerate(wanted[place:], place):
        found = _values(ctx, request, query)
        page = found[done : done + left]
        left -= len(page)
        done += len(page)
        results.append(_result(query, page, whole=done == len(found)))
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
        if "Expression" in query or "MetricStat" not in query:
            raise ValidationError(f"{name}: metric math (Expression) is not served; ask with MetricStat")
        check_statistic(query["MetricStat"]["Stat"])
    start, end = epoch_s(request["StartTime"]), epoch_s(request["EndTime"])
    check_range(start, end, [query["MetricStat"]["Period"] for query in queries])


def _values(ctx: Context, request: GetMetricDataInputTypeDef, query: Query) -> list[tuple[float, float]]:
    stat = query["MetricStat"]
    found = periods(
        ctx,
        stat["Metric"],
        start=epoch_s(request["StartTime"]),
        end=epoch_s(request["EndTime"]),
        period_s=stat["Period"],
        unit=stat.get("Unit"),
    )
    values = [(at, statistic(stat["Stat"], points)) for at, points in found]
    return values if request.get("ScanBy") == "TimestampAscending" else values[::-1]


def _result(query: Query, page: list[tuple[float, float]], *, whole: bool) -> Document:
    return {
        "Id": query["Id"],
        "Label": query.get("Label", query["MetricStat"]["Metric"]["MetricName"]),
        "Timestamps": [at for at, _ in page],
        "Values": [value for _, value in page],
        "StatusCode": "Complete" if whole else "PartialData",
    }


def _read_token(request: GetMetricDataInputTypeDef, count: int) -> tuple[int, int]:
    """(index of a query, how many of its values the pages before had)."""
    if "NextToken" not in request:
        return 0, 0
    found = _TOKEN.fullmatch(request["NextToken"])
    if found is None or int(found[1]) >= count:
        raise BadRequest("NextToken is not one of this request", code="InvalidNextToken")
    return int(found[1]), int(found[2])
