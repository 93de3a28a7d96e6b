"""Search with boto3 and with the packages that users search with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Clients

RATES = (0.001, 0.01, 0.1, 0.5, 1.0, 5.0)
ACCURACIES = (0.6, 0.95, 0.9, 0.8, 0.7, None)
OPTIMIZERS = ("sgd", "adam", "adamw", "sgd", "adam", "lbfgs")

LR, OPTIMIZER, ACCURACY = (
    "Parameters.lr.NumberValue",
    "Parameters.optimizer.StringValue",
    "Metrics.test:accuracy.Max",
)


@pytest.fixture(scope="module")
def name(clients: Clients, jobs: Jobs) -> str:
    """An experiment of two trials and six components, and three jobs; all tagged with its name."""
    sagemaker, metrics = clients("sagemaker"), clients("sagemaker-metrics")
    name = unique_name("search")
    tags = [{"Key": "journey", "Value": name}]
    sagemaker.create_experiment(ExperimentName=name, Description="To be found", Tags=tags)
    for number in range(2):
        sagemaker.create_trial(
            TrialName=f"{name}-trial-{number}",
            ExperimentName=name,
            Tags=[{"Key": "number", "Value": str(number)}],
        )
    for number, (rate, accuracy, optimizer) in enumerate(zip(RATES, ACCURACIES, OPTIMIZERS, strict=True)):
        component = f"{name}-{number}"
        sagemaker.create_trial_component(
            TrialComponentName=component,
            DisplayName=f"component-{number}",
            Status={"PrimaryStatus": "Completed" if number % 2 else "Failed"},
            Parameters={"lr": {"NumberValue": rate}, "optimizer": {"StringValue": optimizer}},
            InputArtifacts={"data": {"Value": f"s3://bucket/{'even' if number % 2 == 0 else 'odd'}"}},
            Tags=[*tags, {"Key": f"only-{number}", "Value": "yes"}],
        )
        sagemaker.associate_trial_component(
            TrialComponentName=component, TrialName=f"{name}-trial-{number % 2}"
        )
        if accuracy is not None:
            points = [accuracy - 0.1, accuracy, accuracy - 0.05]
            metrics.batch_put_metrics(
                TrialComponentName=component,
                MetricData=[
                    {"MetricName": "test:accuracy", "Timestamp": time.time(), "Step": step, "Value": value}
                    for step, value in enumerate(points)
                ],
            )
    data = jobs.upload(f"{name}/data/x", b"x").removesuffix("/x")
    for depth in (1, 2, 10):
        jobs.run(
            "shading.py",
            name=f"{name}-job-{depth}",
            inputs={"train": f"{data}/", "test": {"uri": data, "data_type": "S3Prefix"}},
            hyperparameters={"shade": "blue", "depth": depth},
            Tags=tags,
        )
    return name


@pytest.fixture(scope="module")
def packages(v2: Client, name: str) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run("search_classes.py", name=name)
    return seen


def condition(path: str, operator: str = "Equals", value: str | None = None) -> dict[str, str]:
    return {"Name": path, "Operator": operator, **({} if value is None else {"Value": value})}


def components(sagemaker: Any, name: str, *filters: dict[str, str], **expression: Any) -> str:
    """The numbers of the components found, in the order of their names."""
    return "".join(
        found[-1]
        for found in pages(
            sagemaker,
            Resource="ExperimentTrialComponent",
            SearchExpression={
                "Filters": [condition("Parents.ExperimentName", value=name), *filters],
                **expression,
            },
            SortBy="TrialComponentName",
            SortOrder="Ascending",
        )
    )


def pages(sagemaker: Any, **request: Any) -> Iterator[str]:
    """Returns the names of all results, read in pages of two."""
    token: dict[str, str] = {}
    while True:
        page = sagemaker.search(**request, **token, MaxResults=2)
        for result in page["Results"]:
            ((kind, record),) = result.items()
            yield record[f"{kind}Name"]
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


@pytest.mark.parametrize(
    ("path", "operator", "value", "found"),
    [
        (LR, "Equals", "0.5", "3"),
        (LR, "Equals", "5e-1", "3"),
        (LR, "NotEquals", "0.5", "01245"),
        (LR, "GreaterThan", "0.5", "45"),
        (LR, "GreaterThanOrEqualTo", "0.5", "345"),
        (LR, "LessThan", "0.1", "01"),
        (LR, "LessThanOrEqualTo", "0.1", "012"),
        (LR, "In", "0.001,5", "05"),
        ("Parameters.lr", "Exists", None, "012345"),
        (LR, "NotExists", None, ""),
        (OPTIMIZER, "Equals", "adam", "14"),
        (OPTIMIZER, "NotEquals", "adam", "0235"),
        (OPTIMIZER, "Contains", "ada", "124"),
        (OPTIMIZER, "In", "sgd, lbfgs", "035"),
        (ACCURACY, "GreaterThan", "0.85", "12"),
        ("metrics.test:accuracy.max", "GreaterThanOrEqualTo", "0.8", "123"),
        ("Metrics.test:accuracy.Last", "LessThan", "0.6", "0"),
        ("Metrics.test:accuracy.Count", "Equals", "3", "01234"),
        (ACCURACY, "NotExists", None, "5"),
        ("Parents.TrialName", "Contains", "trial-1", "135"),
        ("Tags.only-2", "Equals", "yes", "2"),
        ("Tags.only-2", "NotExists", None, "01345"),
        ("Status.PrimaryStatus", "Equals", "Failed", "024"),
        ("InputArtifacts.data.Value", "Equals", "s3://bucket/odd", "135"),
        ("DisplayName", "Contains", "component", "012345"),
        ("Source.SourceArn", "NotExists", None, "012345"),
        ("CreationTime", "LessThan", "2020-01-01T00:00:00Z", ""),
    ],
)
def test_every_operator_finds_what_it_says(
    clients: Clients, name: str, path: str, operator: str, value: str | None, found: str
) -> None:
    assert components(clients("sagemaker"), name, condition(path, operator, value)) == found


def test_expressions_join_with_and_or_and_nest(clients: Clients, name: str) -> None:
    sagemaker = clients("sagemaker")
    fast, adam = condition(LR, "GreaterThan", "0.4"), condition(OPTIMIZER, value="adam")
    either = {"Filters": [fast, adam], "Operator": "Or"}
    good = {"Filters": [condition(ACCURACY, "GreaterThan", "0.75")]}

    assert components(sagemaker, name, fast, adam) == "4"
    assert components(sagemaker, name, SubExpressions=[either]) == "1345"
    assert components(sagemaker, name, SubExpressions=[either, good]) == "13"
    assert components(
        sagemaker, name, SubExpressions=[{"SubExpressions": [either, good], "Operator": "Or"}]
    ) == ("12345")


def test_nested_filters_ask_of_one_channel(clients: Clients, name: str) -> None:
    sagemaker = clients("sagemaker")

    def jobs(channel: str, ending: str) -> list[str]:
        uri = f"s3://journeys/{name}/data{ending}"
        nested = {
            "NestedPropertyName": "InputDataConfig",
            "Filters": [
                condition("InputDataConfig.ChannelName", value=channel),
                condition("InputDataConfig.DataSource.S3DataSource.S3Uri", value=uri),
            ],
        }
        return list(pages(sagemaker, Resource="TrainingJob", SearchExpression={"NestedFilters": [nested]}))

    assert len(jobs("train", "/")) == len(jobs("test", "")) == 3
    # Both values are there, but not in one channel.
    assert jobs("train", "") == jobs("test", "/") == []


def test_jobs_are_found_and_sorted_by_their_hyperparameters(clients: Clients, name: str) -> None:
    mine = condition("Tags.journey", value=name)
    deep = condition("HyperParameters.depth", "GreaterThan", "1.5")

    found = list(
        pages(
            clients("sagemaker"),
            Resource="TrainingJob",
            SearchExpression={"Filters": [mine, deep, condition("TrainingJobStatus", value="Completed")]},
            SortBy="HyperParameters.depth",
            SortOrder="Descending",
        )
    )

    assert found == [f"{name}-job-10", f"{name}-job-2"]


def test_the_component_of_a_job_is_found_by_it_and_shows_it(clients: Clients, name: str) -> None:
    sagemaker = clients("sagemaker")
    arn = sagemaker.describe_training_job(TrainingJobName=f"{name}-job-1")["TrainingJobArn"]

    (found,) = sagemaker.search(
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": [condition("Source.SourceArn", value=arn)]},
    )["Results"]

    shown = found["TrialComponent"]
    assert shown["TrialComponentName"] == f"{name}-job-1-aws-training-job"
    assert shown["SourceDetail"]["TrainingJob"]["TrainingJobName"] == f"{name}-job-1"


def test_experiments_and_trials_are_found(clients: Clients, name: str) -> None:
    sagemaker = clients("sagemaker")

    def found(resource: str, *filters: dict[str, str]) -> list[str]:
        expression = {"Filters": list(filters)}
        return list(pages(sagemaker, Resource=resource, SearchExpression=expression))

    assert found("Experiment", condition("Tags.journey", value=name)) == [name]
    assert found("Experiment", condition("ExperimentName", value=name)) == [name]
    assert found(
        "ExperimentTrial", condition("ExperimentName", value=name), condition("Tags.number", value="1")
    ) == [f"{name}-trial-1"]


@pytest.mark.parametrize(
    ("path", "order", "found"),
    [
        (LR, "Descending", "543210"),
        (ACCURACY, "Ascending", "043215"),
        (ACCURACY, "Descending", "123405"),
        ("metrics.test:accuracy.max", "Descending", "123405"),
        (OPTIMIZER, "Ascending", "142503"),
        ("CreationTime", "Ascending", "012345"),
    ],
)
def test_any_property_sorts(clients: Clients, name: str, path: str, order: str, found: str) -> None:
    names = pages(
        clients("sagemaker"),
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": [condition("Tags.journey", value=name), condition(LR, "Exists")]},
        SortBy=path,
        SortOrder=order,
    )

    # Results without a value come last in both orders.
    assert "".join(each[-1] for each in names) == found


@pytest.mark.parametrize("sort_by", ["LastModifiedTime", LR])
def test_pages_are_stable_while_components_come_and_go(clients: Clients, name: str, sort_by: str) -> None:
    sagemaker = clients("sagemaker")
    tag = unique_name("paging")

    def add(number: int) -> str:
        created = f"{tag}-{number:03}"
        sagemaker.create_trial_component(
            TrialComponentName=created,
            Parameters={"lr": {"NumberValue": number // 2}},
            Tags=[{"Key": "paging", "Value": tag}],
        )
        return created

    there = [add(number) for number in range(9)]
    seen = []
    for found in pages(
        sagemaker,
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": [condition("Tags.paging", value=tag)]},
        SortBy=sort_by,
        SortOrder="Descending",
    ):
        seen.append(found)
        if len(seen) % 2 == 0 and len(there) + len(seen) < 18:
            add(100 + len(seen))
        if len(seen) == 3:
            sagemaker.delete_trial_component(TrialComponentName=seen[0])

    assert len(seen) == len(set(seen))
    assert set(there) <= set(seen)


def test_a_change_is_found_as_soon_as_it_is_answered(clients: Clients, name: str) -> None:
    sagemaker, metrics = clients("sagemaker"), clients("sagemaker-metrics")
    component = unique_name("changing")
    sagemaker.create_trial_component(TrialComponentName=component)
    itself = condition("TrialComponentName", value=component)

    def found(path: str, value: str) -> bool:
        expression = {"Filters": [itself, condition(path, value=value)]}
        return bool(list(pages(sagemaker, Resource="ExperimentTrialComponent", SearchExpression=expression)))

    for number in range(20):
        sagemaker.update_trial_component(
            TrialComponentName=component, Parameters={"n": {"NumberValue": number}}
        )
        metrics.batch_put_metrics(
            TrialComponentName=component,
            MetricData=[
                {"MetricName": "m", "Timestamp": 1_790_000_000 + number, "Step": number, "Value": number}
            ],
        )
        assert found("Parameters.n.NumberValue", str(number))
        assert found("Metrics.m.Last", str(number))


def test_suggestions_are_the_properties_there_are(clients: Clients, name: str) -> None:
    def suggested(hint: str) -> list[str]:
        answer = clients("sagemaker").get_search_suggestions(
            Resource="ExperimentTrialComponent",
            SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": hint}},
        )
        return [each["PropertyName"] for each in answer["PropertyNameSuggestions"]]

    assert LR in suggested("Parameters.l")
    assert f"{ACCURACY.removesuffix('.Max')}.StdDev" in suggested("test:acc")
    assert suggested("no such property") == []


@pytest.mark.parametrize(
    ("request_members", "said"),
    [
        (
            {"SearchExpression": {"Filters": [condition(LR, "Like", "1")]}},
            "1 validation error detected: Value 'Like' at 'searchExpression.filters.1.member.operator' "
            "failed to satisfy constraint: Member must satisfy enum value set",
        ),
        (
            {"SearchExpression": {"Filters": [condition("Paramters.lr.NumberValue", value="1")]}},
            "Unknown property name: Paramters.lr.NumberValue. Filters.Name takes properties of "
            "TrialComponent, which GetSearchSuggestions lists. Did you mean Parameters",
        ),
        ({"SortBy": "Metrics.loss.Most"}, "Unknown property name: Metrics.loss.Most. In SortBy"),
        (
            {"SearchExpression": {"Filters": [condition(OPTIMIZER, "GreaterThan", "adam")]}},
            "GreaterThan compares numbers and times",
        ),
        ({"SearchExpression": {"Filters": [condition(LR, "LessThan")]}}, "LessThan needs one"),
        ({"NextToken": "nonsense"}, "NextToken is not valid"),
        ({"SortOrder": "Sideways"}, "Value 'Sideways' at 'sortOrder'"),
        ({"Resource": "Bucket"}, "Value 'Bucket' at 'resource'"),
    ],
)
def test_what_can_not_be_searched_is_refused_as_aws_does(
    clients: Clients, name: str, request_members: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError) as refused:
        clients("sagemaker").search(**{"Resource": "ExperimentTrialComponent", **request_members})

    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert said in refused.value.response["Error"]["Message"]


def test_smexperiments_searches(packages: dict[str, Any], name: str) -> None:
    assert packages["good"] == ["1", "2"]
    assert packages["both"] == ["1", "3", "4", "5"]
    assert packages["in_trial"] == ["1", "3", "5"]
    assert packages["trials"] == [f"{name}-trial-0", f"{name}-trial-1"]
    assert packages["experiments"] == [name]


def test_the_sdk_searches(packages: dict[str, Any], name: str) -> None:
    assert packages["jobs"] == [f"{name}-job-{depth}" for depth in (10, 2, 1)]
    assert packages["runs"] == ["run-0", "run-1", "run-2"]
    assert packages["table"] == [
        {
            "DisplayName": f"component-{number}",
            "lr": lr,
            "test:accuracy - Max": best,
            "test:accuracy - Count": 3,
        }
        for number, lr, best in ((1, 0.01, 0.95), (4, 1.0, 0.7))
    ]
