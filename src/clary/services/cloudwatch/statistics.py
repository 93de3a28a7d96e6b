"""GetMetricStatistics: statistics of one metric over periods. TrainingJobAnalytics of the SDK calls it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest
from clary.services._instants import epoch_s

from ._series import check_range, check_statistic, periods, statistic, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cloudwatch.type_defs import GetMetricStatisticsInputTypeDef

    from clary.services.context import Context, Document

    from ._series import Measured

MAX_DATAPOINTS = 1_440


def get_metric_statistics(ctx: Context, request: GetMetricStatisticsInputTypeDef) -> Document:
    """One datapoint for each period that has points. Raises BadRequest for a bad combination of members."""
    wanted = request.get("Statistics", ())
    extended = request.get("ExtendedStatistics", ())
    if bool(wanted) == bool(extended):
        raise _combination("Exactly one of the parameters Statistics and ExtendedStatistics must be given")
    for name in (*wanted, *extended):
        check_statistic(name)
    start, end = epoch_s(request["StartTime"]), epoch_s(request["EndTime"])
    check_range(start, end, [request["Period"]])
    count = math.ceil((end - start) / request["Period"])
    if count > MAX_DATAPOINTS:
        raise _combination(
            f"You have requested up to {count} datapoints, which exceeds the limit of {MAX_DATAPOINTS}. You "
            "may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    found = periods(
        ctx,
        request,
        start=start,
        end=end,
        period_s=request["Period"],
        unit=request.get("Unit"),
    )
    return {
        "Label": request["MetricName"],
        "Datapoints": [
            _datapoint(at, unit_of(request), measured, wanted, extended) for at, measured in found
        ],
    }


def _datapoint(
    at: float, unit: str, measured: Measured, wanted: Sequence[str], extended: Sequence[str]
) -> Document:
    datapoint: Document = {"Timestamp": at, "Unit": unit}
    datapoint |= {name: statistic(name, measured) for name in wanted}
    if extended:
        datapoint["ExtendedStatistics"] = {name: statistic(name, measured) for name in extended}
    return datapoint


def _combination(message: str) -> BadRequest:
    return BadRequest(message, code="InvalidParameterCombination")
