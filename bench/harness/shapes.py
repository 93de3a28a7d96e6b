"""Searches that an index over one property can't answer alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.harness.components import METRICS, OPTIMIZERS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Request = dict[str, Any]


def _request(filters: list[Request], sort_by: str, order: str = "Descending", joined: str = "And") -> Request:
    expression = {"SearchExpression": {"Filters": filters, "Operator": joined}} if filters else {}
    return {**expression, "SortBy": sort_by, "SortOrder": order}


def _filter(name: str, operator: str, value: object = None) -> Request:
    return {"Name": name, "Operator": operator, **({} if value is None else {"Value": str(value)})}


def _number(index: int) -> str:
    return f"Parameters.p{index}.NumberValue"


def _word(index: int) -> str:
    return f"Parameters.p{index}.StringValue"


def _metric(chosen: random.Random, statistic: str = "Max") -> str:
    return f"Metrics.m{chosen.randrange(METRICS)}.{statistic}"


def _against(chosen: random.Random) -> Request:
    metric = _metric(chosen)
    return _request([_filter(metric, "LessThan", 0.2)], metric)


def _against_another(chosen: random.Random) -> Request:
    metric = _metric(chosen)
    return _request([_filter(metric, "LessThan", 0.2)], metric.replace("Max", "Min"))


def _never_meet(chosen: random.Random) -> Request:
    metric = _metric(chosen)
    both = [
        _filter(metric.replace("Max", "Min"), "GreaterThan", 0.4),
        _filter(metric, "LessThan", 0.4),
    ]
    return _request(both, _metric(chosen))


def _words(chosen: random.Random, count: int) -> Request:
    wanted = [_filter(_word(15 + index), "Equals", chosen.choice(OPTIMIZERS)) for index in range(count)]
    return _request(wanted, _metric(chosen))


def _halves(chosen: random.Random) -> Request:
    return _request([_filter(_number(index), "GreaterThan", 0.5) for index in range(8)], _metric(chosen))


def _tenths(chosen: random.Random) -> Request:
    return _request([_filter(_number(index), "GreaterThan", 0.9) for index in range(3)], _metric(chosen))


def _either(chosen: random.Random) -> Request:
    first, second = chosen.sample(range(15), 2)
    both = [_filter(_number(first), "LessThan", 0.003), _filter(_number(second), "GreaterThan", 0.997)]
    return _request(both, _metric(chosen), joined="Or")


def _hundredth(chosen: random.Random, sort_by: str | None = None) -> Request:
    wanted = _filter(_number(chosen.randrange(15)), "GreaterThan", 0.99)
    return _request([wanted], sort_by or _metric(chosen))


SHAPES: dict[str, Callable[[random.Random], Request]] = {
    "everything, the latest first": lambda _: _request([], "LastModifiedTime"),
    "a hundredth of all": _hundredth,
    "a hundredth, sorted by what nobody has": lambda chosen: _hundredth(chosen, "Tags.nobody"),
    "either of two narrow filters": _either,
    "a filter against its own order": _against,
    "a filter against another order": _against_another,
    "two broad filters that never meet": _never_meet,
    "three filters of a tenth each": _tenths,
    "eight filters of a half each": _halves,
    "two words": lambda chosen: _words(chosen, 2),
    "five words": lambda chosen: _words(chosen, 5),
    "a parameter that all have, missing": lambda chosen: _request(
        [_filter(_number(0), "NotExists")], _metric(chosen)
    ),
    "a part of a name": lambda chosen: _request(
        [_filter("TrialComponentName", "Contains", chosen.randrange(10_000, 99_999))], _metric(chosen)
    ),
    "a name": lambda chosen: _request(
        [_filter("TrialComponentName", "Equals", f"c{chosen.randrange(10_000)}")], _metric(chosen)
    ),
}
