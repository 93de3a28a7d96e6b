from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clary.domain.errors import ValidationError
from clary.services.context import Context
from clary.services.sagemaker.search._resources import resources
from clary.services.sagemaker.search.search import get_search_suggestions, search
from clary.store.links import LinkKind
from clary.wire.models import service_model

ARN = "arn:aws:sagemaker:us-east-1:123456789012"
COMPONENT, JOB = "experiment-trial-component", "training-job"
Search = Callable[..., list[str]]


def add(ctx: Context, name: str, kind: str = COMPONENT, **members: Any) -> str:
    arn = f"{ARN}:{kind}/{name}"
    named = (
        {"TrainingJobName": name} if kind == JOB else {"TrialComponentName": name, "TrialComponentArn": arn}
    )
    ctx.records.insert(kind, name, {**named, **members}, arn=arn)
    return arn


@pytest.fixture
def found(ctx: Context) -> Search:
    """The names of the components, or jobs, that a search with these filters finds, by name."""

    def run(
        *filters: tuple[str, ...], resource: str = "ExperimentTrialComponent", **members: Any
    ) -> list[str]:
        spelled = [
            dict(zip(("Name", "Operator", "Value"), each, strict=False)) for each in filters if len(each) > 1
        ]
        expression = {**({"Filters": spelled} if spelled else {}), **members.pop("expression", {})}
        name = "TrainingJobName" if resource == "TrainingJob" else "TrialComponentName"
        request = {"SortBy": name, "SortOrder": "Ascending", "SearchExpression": expression, **members}
        results = search(ctx, {"Resource": resource, **request})["Results"]
        return [
            each["TrainingJob" if resource == "TrainingJob" else "TrialComponent"][name] for each in results
        ]

    return run


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("Equals", "0.1", ["b"]),
        ("Equals", "1e-1", ["b"]),
        ("NotEquals", "0.1", ["a", "c", "text"]),
        ("GreaterThan", "0.1", ["c"]),
        ("GreaterThanOrEqualTo", "0.1", ["b", "c"]),
        ("LessThan", "0.1", ["a"]),
        ("LessThanOrEqualTo", "0.1", ["a", "b"]),
        ("In", "0.01, 1", ["a", "c"]),
        ("Exists", None, ["a", "b", "c"]),
        ("NotExists", None, ["text"]),
    ],
)
def test_operators_on_numbers(
    ctx: Context, found: Search, operator: str, value: str | None, names: list[str]
) -> None:
    for name, rate in (("a", 0.01), ("b", 0.1), ("c", 1.0)):
        add(ctx, name, Parameters={"lr": {"NumberValue": rate}})
    add(ctx, "text", Parameters={"lr": {"StringValue": "0.1"}})

    given = ("Parameters.lr.NumberValue", operator, *([] if value is None else [value]))

    assert found(given) == names


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("Equals", "adam", ["b"]),
        ("NotEquals", "adam", ["a", "c"]),
        ("Contains", "da", ["b", "c"]),
        ("Contains", "DA", []),
        ("In", "sgd,adam", ["a", "b"]),
    ],
)
def test_operators_on_strings(
    ctx: Context, found: Search, operator: str, value: str, names: list[str]
) -> None:
    for name, word in (("a", "sgd"), ("b", "adam"), ("c", "adamw")):
        add(ctx, name, Parameters={"optimizer": {"StringValue": word}})

    assert found(("Parameters.optimizer.StringValue", operator, value)) == names


def test_equals_is_the_operator_that_needs_no_name(ctx: Context, found: Search) -> None:
    add(ctx, "a", DisplayName="x")
    add(ctx, "b", DisplayName="y")

    assert found(expression={"Filters": [{"Name": "DisplayName", "Value": "y"}]}) == ["b"]


@pytest.mark.parametrize("spelling", ["Metrics.test:accuracy.Max", "metrics.test:accuracy.max"])
def test_metrics_are_found_and_sorted_in_any_spelling(ctx: Context, found: Search, spelling: str) -> None:
    for name, values in (("low", [0.1, 0.2]), ("high", [0.9, 0.3]), ("none", [])):
        ctx.metrics.append(add(ctx, name), [("test:accuracy", 1.0, None, value) for value in values])

    assert found((spelling, "GreaterThan", "0.1")) == ["high", "low"]
    assert found(SortBy=spelling, SortOrder="Descending") == ["high", "low", "none"]
    assert found(SortBy=spelling, SortOrder="Ascending") == ["low", "high", "none"]


def test_each_statistic_of_a_metric_is_a_property(ctx: Context, found: Search) -> None:
    ctx.metrics.append(
        add(ctx, "a"), [("loss", float(at), None, value) for at, value in enumerate((1.0, 4.0, 1.0))]
    )

    for end, value in {
        "Min": "1",
        "Max": "4",
        "Avg": "2",
        "Last": "1",
        "Count": "3",
        "StdDev": str(2**0.5),
    }.items():
        assert found((f"Metrics.loss.{end}", "Equals", value)) == ["a"], end


def test_metrics_of_a_job_are_those_of_its_component(ctx: Context, found: Search) -> None:
    job = add(ctx, "job", JOB)
    ctx.metrics.append(job, [("acc", 1.0, None, 0.5)])
    add(ctx, "c", Source={"SourceArn": job, "SourceType": "SageMakerTrainingJob"})

    assert found(("Metrics.acc.Max", "Equals", "0.5")) == ["c"]
    ctx.metrics.append(job, [("acc", 2.0, None, 0.75)])
    assert found(("Metrics.acc.Last", "Equals", "0.75")) == ["c"]
    assert found(("Metrics.acc", "Equals", "0.75"), resource="TrainingJob") == ["job"]


def test_names_that_users_chose_differ_in_case(ctx: Context, found: Search) -> None:
    add(ctx, "lower", Parameters={"lr": {"NumberValue": 1.0}})
    add(ctx, "upper", Parameters={"LR": {"NumberValue": 1.0}})

    assert found(("Parameters.LR.NumberValue", "Equals", "1")) == ["upper"]
    assert found(("parameters.lr.numbervalue", "Equals", "1")) == ["lower"]


def test_tags_are_found_as_they_change(ctx: Context, found: Search) -> None:
    arn = add(ctx, "a")
    ctx.tags.put(arn, {"team": "vision"})
    assert found(("Tags.team", "Equals", "vision")) == ["a"]

    ctx.tags.put(arn, {"team": "speech"})
    assert found(("Tags.team", "Equals", "vision")) == []
    assert found(("Tags.team", "Equals", "speech")) == ["a"]

    ctx.tags.remove(arn, ["team"])
    assert found(("Tags.team", "Exists")) == []


def test_parents_are_found_as_they_change(ctx: Context, found: Search) -> None:
    add(ctx, "a")
    ctx.links.add(LinkKind.TRIAL, "experiment", "trial")
    ctx.links.add(LinkKind.COMPONENT, "trial", "a")
    assert found(("Parents.TrialName", "Equals", "trial")) == ["a"]
    assert found(("Parents.ExperimentName", "Equals", "experiment")) == ["a"]

    ctx.links.remove(LinkKind.COMPONENT, "trial", "a")
    assert found(("Parents.TrialName", "Equals", "trial")) == []


def test_many_marked_records_are_caught_up_on(ctx: Context, found: Search) -> None:
    for number in range(300):
        ctx.tags.put(add(ctx, f"c{number:03}"), {"n": str(number)})

    assert found(("Tags.n", "In", "0,150,299")) == ["c000", "c150", "c299"]


def test_hyperparameters_that_spell_numbers_are_compared_as_numbers(ctx: Context, found: Search) -> None:
    for name, value in (("a", "9"), ("b", "10"), ("c", "auto")):
        add(ctx, name, JOB, HyperParameters={"batch": value})

    assert found(("HyperParameters.batch", "GreaterThan", "9.5"), resource="TrainingJob") == ["b"]
    assert found(("HyperParameters.batch", "Equals", "auto"), resource="TrainingJob") == ["c"]


def test_times_are_compared_in_any_spelling(ctx: Context, found: Search) -> None:
    add(ctx, "a", StartTime=1_790_000_000.0)
    add(ctx, "b", StartTime=1_800_000_000.0)

    for spelling in ("1795000000", "2026-11-18T06:40:00Z", "2026-11-18", "2026-11-18T07:40:00+01:00"):
        assert found(("StartTime", "LessThan", spelling)) == ["a"], spelling


def test_expressions_nest(ctx: Context, found: Search) -> None:
    for number in range(6):
        add(ctx, f"c{number}", Parameters={"n": {"NumberValue": number}, "odd": {"NumberValue": number % 2}})
    n, odd = "Parameters.n.NumberValue", "Parameters.odd.NumberValue"

    expression = {
        "SubExpressions": [
            {
                "Filters": [{"Name": n, "Operator": "LessThan", "Value": "1"}, {"Name": n, "Value": "5"}],
                "Operator": "Or",
            },
            {"Filters": [{"Name": odd, "Value": "1"}]},
        ],
        "Operator": "And",
    }

    assert found(expression=expression) == ["c5"]
    assert found(expression={**expression, "Operator": "Or"}) == ["c0", "c1", "c3", "c5"]


def test_nested_filters_ask_of_one_element(ctx: Context, found: Search) -> None:
    def channel(name: str, uri: str) -> dict[str, Any]:
        return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri}}}

    add(ctx, "a", JOB, InputDataConfig=[channel("train", "s3://x/1"), channel("test", "s3://y/2")])
    add(ctx, "b", JOB, InputDataConfig=[channel("train", "s3://y/1"), channel("test", "s3://x/2")])
    uri = {"Name": "InputDataConfig.DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": "//x/"}

    for name in ("InputDataConfig.ChannelName", "ChannelName"):
        nested = {"NestedPropertyName": "InputDataConfig", "Filters": [{"Name": name, "Value": "train"}, uri]}
        assert found(expression={"NestedFilters": [nested]}, resource="TrainingJob") == ["a"]


def test_pages_reassemble_the_whole_whatever_changes_between_them(ctx: Context) -> None:
    for number in range(23):
        add(ctx, f"c{number:02}", Parameters={"n": {"NumberValue": number // 3}} if number < 17 else {})
    request = {"Resource": "ExperimentTrialComponent", "SortBy": "Parameters.n.NumberValue", "MaxResults": 4}
    pages: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = search(ctx, {**request, **token})
        pages += [each["TrialComponent"]["TrialComponentName"] for each in page["Results"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        add(ctx, f"newer-{len(pages)}", Parameters={"n": {"NumberValue": 100}})

    whole = [f"c{number:02}" for number in range(23)]
    assert [name for name in pages if name[0] == "c"] == whole[16::-1] + whole[:16:-1]


def test_a_token_belongs_to_its_search(ctx: Context) -> None:
    for number in range(3):
        add(ctx, f"c{number}")
    request = {"Resource": "ExperimentTrialComponent", "MaxResults": 1}
    token = search(ctx, request)["NextToken"]

    for other in (
        {"SortBy": "DisplayName"},
        {"SortOrder": "Ascending"},
        {"NextToken": token[:-4]},
        {"NextToken": "x"},
    ):
        with pytest.raises(ValidationError, match="NextToken"):
            search(ctx, {**request, "NextToken": token, **other})


def test_the_latest_change_comes_first(ctx: Context, clock: Any) -> None:
    for name in ("a", "b", "c"):
        clock.now += 1
        add(ctx, name)
    clock.now += 1
    ctx.records.update(COMPONENT, "a", {"DisplayName": "x"})

    results = search(ctx, {"Resource": "ExperimentTrialComponent"})["Results"]

    assert [each["TrialComponent"]["TrialComponentName"] for each in results] == ["a", "c", "b"]


def test_a_component_is_shown_with_all_that_belongs_to_it(ctx: Context) -> None:
    job = add(ctx, "job", JOB, TrainingJobArn=f"{ARN}:training-job/job")
    source = {"SourceArn": job, "SourceType": "SageMakerTrainingJob"}
    arn = add(ctx, "c", TrialComponentArn=f"{ARN}:{COMPONENT}/c", Source=source)
    ctx.tags.put(arn, {"team": "vision"})
    ctx.links.add(LinkKind.TRIAL, "e", "t")
    ctx.links.add(LinkKind.COMPONENT, "t", "c")
    ctx.metrics.append(job, [("acc", 5.0, None, 0.5)])

    (result,) = search(ctx, {"Resource": "ExperimentTrialComponent"})["Results"]

    shown = result["TrialComponent"]
    assert shown["Tags"] == [{"Key": "team", "Value": "vision"}]
    assert shown["Parents"] == [{"TrialName": "t", "ExperimentName": "e"}]
    assert [(each["MetricName"], each["SourceArn"], each["Max"]) for each in shown["Metrics"]] == [
        ("acc", job, 0.5)
    ]
    assert shown["SourceDetail"]["SourceArn"] == job
    assert shown["SourceDetail"]["TrainingJob"]["TrainingJobName"] == "job"


def test_a_component_without_artifacts_is_shown_with_none(ctx: Context) -> None:
    add(ctx, "c", Parameters={"lr": {"NumberValue": 1.0}})

    (result,) = search(ctx, {"Resource": "ExperimentTrialComponent"})["Results"]

    shown = result["TrialComponent"]
    assert (shown["InputArtifacts"], shown["OutputArtifacts"]) == ({}, {})
    assert shown["Parameters"] == {"lr": {"NumberValue": 1.0}}


def test_a_trial_is_shown_with_its_components(ctx: Context) -> None:
    ctx.records.insert("experiment-trial", "t", {"TrialName": "t"}, arn=f"{ARN}:experiment-trial/t")
    add(ctx, "c", Source={"SourceArn": f"{ARN}:training-job/x"})
    ctx.links.add(LinkKind.COMPONENT, "t", "c")

    (result,) = search(ctx, {"Resource": "ExperimentTrial"})["Results"]

    (summary,) = result["Trial"]["TrialComponentSummaries"]
    assert summary["TrialComponentName"] == "c"
    assert summary["TrialComponentSource"] == {"SourceArn": f"{ARN}:training-job/x"}


def test_what_is_deleted_is_not_found(ctx: Context, found: Search) -> None:
    add(ctx, "a", DisplayName="x")
    ctx.records.delete(COMPONENT, "a")
    assert found(("DisplayName", "Equals", "x")) == []

    add(ctx, "b", DisplayName="y")
    assert found(("DisplayName", "Exists")) == ["b"]


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"Resource": "Pipeline"}, "Resource Pipeline can't be searched"),
        ({"SortBy": "Nonsense.x"}, r"Unknown property name: Nonsense\.x\. SortBy"),
        ({"SortBy": "Metrics.acc"}, r"Metrics\.<name>"),
        ({"VisibilityConditions": [{"Key": "Tags.a", "Value": "b"}]}, "VisibilityConditions"),
        ({"filter": {"Name": "Paramters.lr.NumberValue", "Value": "1"}}, "Did you mean Parameters"),
        ({"filter": {"Name": "Metrics.acc.Maximum", "Value": "1"}}, r"\.Max"),
        ({"filter": {"Name": "Parameters.lr", "Value": "1"}}, r"\.NumberValue"),
        ({"filter": {"Name": "SourceDetail.x", "Value": "1"}}, "SourceDetail.x"),
        ({"filter": {"Name": "DisplayName", "Operator": "GreaterThan", "Value": "b"}}, "numbers and times"),
        ({"filter": {"Name": "DisplayName"}}, "has no Value"),
        ({"filter": {"Name": "DisplayName", "Operator": "Exists", "Value": "b"}}, "takes no Value"),
    ],
)
def test_what_can_not_be_meant_is_refused(ctx: Context, members: dict[str, Any], says: str) -> None:
    given = dict(members)
    if "filter" in given:
        given["SearchExpression"] = {"Filters": [given.pop("filter")]}

    with pytest.raises(ValidationError, match=says):
        search(ctx, {"Resource": "ExperimentTrialComponent", **given})


def test_expressions_without_end_are_refused(ctx: Context) -> None:
    deep: dict[str, Any] = {"Filters": [{"Name": "DisplayName", "Value": "x"}]}
    for _ in range(5_000):
        deep = {"SubExpressions": [deep]}
    wide = {"SubExpressions": [{"Filters": [{"Name": "DisplayName", "Value": "x"}] * 20}] * 20}

    for expression in (deep, wide):
        with pytest.raises(ValidationError, match="SearchExpression has"):
            search(ctx, {"Resource": "Experiment", "SearchExpression": expression})


def test_a_hundred_filters_are_searched(ctx: Context, found: Search) -> None:
    add(ctx, "a", DisplayName="x")
    twenty = [{"Name": "DisplayName", "Operator": "NotEquals", "Value": f"y{n}"} for n in range(20)]

    assert found(expression={"SubExpressions": [{"Filters": twenty}] * 5}) == ["a"]


def test_suggestions_are_properties_that_hold_something(ctx: Context) -> None:
    arn = add(ctx, "a", Parameters={"lr": {"NumberValue": 1.0}, "learning": {"NumberValue": 1.0}})
    ctx.metrics.append(arn, [("lr", 1.0, None, 1.0)])

    def names(hint: str) -> list[str]:
        query = {"PropertyNameQuery": {"PropertyNameHint": hint}}
        request = {"Resource": "ExperimentTrialComponent", "SuggestionQuery": query}
        return [
            each["PropertyName"] for each in get_search_suggestions(ctx, request)["PropertyNameSuggestions"]
        ]

    assert names("parameters.l") == ["Parameters.learning.NumberValue", "Parameters.lr.NumberValue"]
    assert "Metrics.lr.Max" in names("LR")
    assert names("nothing") == []


@pytest.mark.parametrize("resource", resources().values(), ids=lambda resource: resource.answer)
def test_the_properties_are_those_of_the_model(resource: Any) -> None:
    shape = service_model("sagemaker").shape_for("SearchRecord").members[resource.answer]
    if resource.within:
        shape = shape.members[resource.within]
    elsewhere = {"SourceDetail", "TrialComponentSummaries"}
    # The last time of a change sorts every search that does not say otherwise. The jobs of a tuning job are
    # found by its name too, which the model's record does not have.
    more = {"TrainingJob": {"Metrics", "TuningJobName"}}.get(resource.answer, set()) | {"LastModifiedTime"}

    assert resource.members == (set(shape.members) - elsewhere) | more
