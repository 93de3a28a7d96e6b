"""Expressions of GetMetricData."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import ValidationError
from clary.services.cloudwatch import _metric_math
from clary.services.cloudwatch._math_functions import TimeSeries
from clary.services.cloudwatch._metric_math import MetricMath
from clary.services.cloudwatch.data import get_metric_data

if TYPE_CHECKING:
    from clary.services.context import Context

NOON = 1_790_000_040
M1 = {NOON: 4.0, NOON + 60: 6.0, NOON + 180: 9.0}
M2 = {NOON: 2.0, NOON + 120: 5.0, NOON + 180: 0.0}


def computed(text: str, **expressions: str) -> list[dict[float, float]]:
    """The values of an expression over two series, by minutes after noon."""
    metrics = {"m1": lambda: TimeSeries("one", 60, M1), "m2": lambda: TimeSeries("two", 60, M2)}
    grid = range(NOON, NOON + 300, 60)
    math = MetricMath({"e": text, **expressions}, metrics, lambda period_s: grid)
    return [{(at - NOON) / 60: value for at, value in found.points.items()} for found in math.series("e")]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("m1", {0: 4.0, 1: 6.0, 3: 9.0}),
        (" m1 + 1 ", {0: 5.0, 1: 7.0, 3: 10.0}),
        ("10 - m1", {0: 6.0, 1: 4.0, 3: 1.0}),
        ("-m1 * 2", {0: -8.0, 1: -12.0, 3: -18.0}),
        ("m1 + m2", {0: 6.0, 3: 9.0}),
        ("100 * m1 / m2", {0: 200.0}),
        ("m1 - 2 ^ 2 ^ 0.5 * 0 - 1 - 1", {0: 2.0, 1: 4.0, 3: 7.0}),
        ("2 * m2 ^ 2", {0: 8.0, 2: 50.0, 3: 0.0}),
        ("(0 - m1) ^ 0.5", {}),
        ("m1 ^ 1e9", {}),
        ("m1 / AVG(m2 * 0)", {}),
        ("m1 - MIN(m1)", {0: 0.0, 1: 2.0, 3: 5.0}),
        ("m1 / SUM(m1) * 19", {0: 4.0, 1: 6.0, 3: 9.0}),
        ("m1 * PERIOD(m1)", {0: 240.0, 1: 360.0, 3: 540.0}),
        ("SUM(METRICS())", {0: 6.0, 1: 6.0, 2: 5.0, 3: 9.0}),
        ("AVG([m1, m2])", {0: 3.0, 1: 6.0, 2: 5.0, 3: 4.5}),
        ('MAX(METRICS("2"))', {0: 2.0, 2: 5.0, 3: 0.0}),
        ('SUM(METRICS("none"))', {}),
        ("STDDEV(METRICS())", {0: 1.0, 1: 0.0, 2: 0.0, 3: 4.5}),
        ("DIFF(m1)", {1: 2.0, 3: 3.0}),
        ("RATE(m1) * 60", {1: 2.0, 3: 1.5}),
        ("RUNNING_SUM(m1)", {0: 4.0, 1: 10.0, 3: 19.0}),
        ("FILL(m1, 0)", {0: 4.0, 1: 6.0, 2: 0.0, 3: 9.0, 4: 0.0}),
        ("FILL(m1, REPEAT)", {0: 4.0, 1: 6.0, 2: 6.0, 3: 9.0, 4: 9.0}),
        ("FILL(m1, MAX(m2)) - 1", {0: 3.0, 1: 5.0, 2: 4.0, 3: 8.0, 4: 4.0}),
        ("ABS(0 - CEIL(m1 / 4))", {0: 1.0, 1: 2.0, 3: 3.0}),
        ("FLOOR(LOG10(m1 * 25))", {0: 2.0, 1: 2.0, 3: 2.0}),
        ("LOG(m2)", {0: 0.6931471805599453, 2: 1.6094379124341003}),
        ("double + m1", {0: 12.0, 1: 18.0, 3: 27.0}),
    ],
)
def test_an_expression_gives_a_series(expression: str, values: dict[float, float]) -> None:
    assert computed(expression, double="m1 * two", two="MIN(m1) / 2") == [pytest.approx(values)]


def test_an_array_gives_a_series_for_each_of_its_own() -> None:
    assert computed("METRICS() * 2") == [{0: 8.0, 1: 12.0, 3: 18.0}, {0: 4.0, 2: 10.0, 3: 0.0}]
    assert computed("FILL([m2], 1)") == [{0: 2.0, 1: 1.0, 2: 5.0, 3: 0.0, 4: 1.0}]
    assert computed("DIFF(METRICS())") == [{1: 2.0, 3: 3.0}, {2: 3.0, 3: -5.0}]


def test_a_sum_of_hundreds_of_terms_is_no_deep_expression() -> None:
    (found,) = computed("+".join(["m1"] * 600))

    assert found[0] == 2_400.0


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("m1 +", "cannot be read"),
        ("m1 m2", "cannot be read"),
        ("m1\0", "cannot be read"),
        ("(" * 1_000 + "m1" + ")" * 1_000, "cannot be read"),
        ("-" * 60 + "m1", "nested"),
        ("2" + "^m1" * 60, "nested"),
        ("m3", "m3 is not the Id"),
        ("REPEAT", "REPEAT is not the Id"),
        ("__import__('os')", "__import__"),
        ("m1.points", "no expression"),
        ("m1[0]", "no expression"),
        ("lambda: m1", "no expression"),
        ("m1 if m2 else m1", "no expression"),
        ("'m1'", "no expression"),
        ("True", "no expression"),
        ("1j * m1", "no expression"),
        ("m1 // 2", "operator"),
        ("m1 ** 2", "power"),
        ("9" * 400 + " * m1", "too large"),
        ("SEARCH('x')", "SEARCH"),
        ("AVG(m1, m2)", "AVG"),
        ("AVG(m1, key=m2)", "AVG"),
        ("AVG(*m1)", "no expression"),
        ("AVG(1)", "not a number"),
        ("RATE(1)", "not a number"),
        ("PERIOD(METRICS())", "one time series"),
        ("[1]", "not numbers"),
        ("FILL(m1, m2)", "REPEAT"),
        ("METRICS(m1)", "METRICS"),
        ("METRICS() + METRICS()", "one array"),
        ("SUM(m1)", "time series"),
        ("e", "e -> e"),
        ("f + 1", "e -> f -> e"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_reason(expression: str, reason: str) -> None:
    with pytest.raises(ValidationError, match="Error in expression") as refused:
        computed(expression, f="e * 2")

    assert reason in refused.value.message


def test_an_expression_has_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metric_math, "MAX_COMPUTED", 100)

    assert computed("m1 + m2")
    with pytest.raises(ValidationError, match="more than 100 points"):
        computed("+".join(["m1"] * 50))


def test_expressions_that_refer_to_one_another_are_no_way_around_the_levels() -> None:
    def nested(name: str) -> str:
        return "-" * 40 + name

    others = {f"e{number}": nested(f"e{number + 1}") for number in range(40)}

    with pytest.raises(ValidationError, match="nested more than"):
        computed(nested("e0"), **others, e40=nested("m1"))


def test_series_without_points_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metric_math, "MAX_COMPUTED", 1_000)
    metrics = {f"m{number}": lambda: TimeSeries("m", 60, {}) for number in range(100)}
    math = MetricMath({"e": f"SUM([{','.join(['METRICS()'] * 20)}])"}, metrics, lambda period_s: range(0))

    with pytest.raises(ValidationError, match="compute more than"):
        math.series("e")


def test_a_range_of_centuries_is_not_filled() -> None:
    math = MetricMath(
        {"e": "FILL(m, 0)"},
        {"m": lambda: TimeSeries("m", 1, M1)},
        lambda period_s: range(0, 10**12, period_s),
    )

    with pytest.raises(ValidationError, match="compute more than"):
        math.series("e")


@given(st.text('m12e^+-*/()[],. "ABSUMETRICFL0', max_size=40))
def test_any_text_is_computed_or_refused(text: str) -> None:
    with contextlib.suppress(ValidationError):
        computed(text)


def test_expressions_are_answered_beside_metrics(ctx: Context) -> None:
    arn = sagemaker_arn(ctx.region, ctx.account, "training-job", "Digits")
    ctx.records.insert("training-job", "Digits", {"TrainingJobName": "Digits"}, arn=arn)
    ctx.metrics.append(arn, [("hits", NOON, 0, 3.0), ("misses", NOON, 0, 1.0), ("hits", NOON + 60, 0, 5.0)])

    def metric(name: str, **members: Any) -> dict[str, Any]:
        dimensions = [{"Name": "TrainingJobName", "Value": "Digits"}]
        named = {"Namespace": "/aws/sagemaker/TrainingJobs", "MetricName": name, "Dimensions": dimensions}
        return {"Id": name, "MetricStat": {"Metric": named, "Period": 60, "Stat": "Sum"}, **members}

    queries = [
        metric("hits"),
        metric("misses", ReturnData=False),
        {"Id": "rate", "Expression": "100 * hits / SUM(METRICS())", "Label": "hit rate"},
        {"Id": "all", "Expression": "METRICS() * 2"},
    ]
    request = {"MetricDataQueries": queries, "StartTime": NOON, "EndTime": NOON + 120}
    results: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        page = get_metric_data(ctx, {**request, "MaxDatapoints": 2, **more})
        results += [(one["Id"], one["Label"], one["Values"]) for one in page["MetricDataResults"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}

    assert results == [
        ("hits", "hits", [5.0, 3.0]),
        ("rate", "hit rate", [100.0, 75.0]),
        ("all", "hits", [10.0, 6.0]),
        ("all", "misses", [2.0]),
    ]
