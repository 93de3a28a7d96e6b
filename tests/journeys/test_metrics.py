"""All points of a metric that a regular expression finds, as clients read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs
from tests.journeys.server import Clients, Server, wait_for

NAMESPACE = "/aws/sagemaker/TrainingJobs"
POINTS = 60
VALUES = [round(1 / (number + 1), 4) for number in range(POINTS)]


@pytest.fixture(scope="module")
def job(jobs: Jobs) -> dict[str, Any]:
    return jobs.run("counting.py", hyperparameters={"lines": POINTS}, metrics={"loss": "loss=([0-9.]+)"})


def test_every_point_is_there_in_order(job: dict[str, Any], clients: Clients) -> None:
    query = {
        "MetricName": "loss",
        "ResourceArn": job["TrainingJobArn"],
        "MetricStat": "Last",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }

    (found,) = clients("sagemaker-metrics").batch_get_metrics(MetricQueries=[query])["MetricQueryResults"]

    assert found["XAxisValues"] == list(range(POINTS))
    assert found["MetricValues"] == VALUES


def test_cloudwatch_lists_the_metric_and_tells_its_statistics(job: dict[str, Any], clients: Clients) -> None:
    cloudwatch = clients("cloudwatch")
    (metric,) = cloudwatch.list_metrics(
        Namespace=NAMESPACE, Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}]
    )["Metrics"]
    span = {"StartTime": job["TrainingStartTime"], "EndTime": job["TrainingEndTime"]}
    stat = {"Metric": metric, "Period": 3600, "Stat": "Sum"}

    datapoints = cloudwatch.get_metric_statistics(
        **metric, **span, Period=3600, Statistics=["SampleCount", "Minimum", "Maximum"]
    )["Datapoints"]
    (data,) = cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "sum", "MetricStat": stat}], **span)[
        "MetricDataResults"
    ]

    assert [(one["SampleCount"], one["Minimum"], one["Maximum"]) for one in datapoints] == [
        (POINTS, VALUES[-1], 1.0)
    ]
    assert data["Values"] == [pytest.approx(sum(VALUES))]


def test_the_command_draws_the_curve_and_prints_every_point(job: dict[str, Any], server: Server) -> None:
    name = job["TrainingJobName"]

    drawn = server.command("metrics", name).stdout.splitlines()
    printed = json.loads(server.command("metrics", name, "--json", "--name", "lo*").stdout)
    unknown = server.command("metrics", name, "--name", "los", expect=1).stderr

    assert drawn[0] == "loss"
    assert drawn[1].startswith(f"{POINTS} points, first 1, last 0.0167")
    assert max(map(len, drawn)) == 80
    assert printed == [{"MetricName": "loss", "Steps": list(range(POINTS)), "Values": VALUES}]
    assert "did you mean loss" in unknown


def test_the_analytics_of_the_sdk_are_a_table(job: dict[str, Any], v2: Client) -> None:
    seen = v2.run("job_analytics.py", job=job["TrainingJobName"])

    assert seen["columns"] == ["metric_name", "timestamp", "value"]
    assert seen["names"] == ["loss"]
    assert 0 < min(seen["values"]) <= max(seen["values"]) <= 1.0


def test_the_last_value_is_of_the_first_host_and_not_of_the_one_that_wrote_last(
    jobs: Jobs, clients: Clients, server: Server
) -> None:
    sagemaker = clients("sagemaker")
    job = jobs.run("hosts_apart.py", instances=2, metrics={"loss": "loss=([0-9.]+)"})
    name, arn = job["TrainingJobName"], job["TrainingJobArn"]
    found = wait_for(
        lambda: sagemaker.list_trial_components(SourceArn=arn)["TrialComponentSummaries"],
        f"the trial component of {name}",
    )

    component = sagemaker.describe_trial_component(TrialComponentName=found[0]["TrialComponentName"])
    drawn = server.command("metrics", name).stdout.splitlines()

    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [pytest.approx(0.1)]
    (metric,) = component["Metrics"]
    assert (metric["Count"], metric["Last"], metric["Max"]) == (2, 0.1, 0.2)
    assert ", last 0.1," in drawn[1]
