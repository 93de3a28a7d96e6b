"""Requests to endpoints as CloudWatch's metrics."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from tests.server.inference.model_servers import Asked, Said
from tests.server.inference.runtime import Runtime, containers, endpoint, variant

from clary.kinds.endpoint import KIND

DIMENSIONS = [{"Name": "EndpointName", "Value": "iris"}, {"Name": "VariantName", "Value": "AllTraffic"}]


def ask(runtime: Runtime, *bodies: bytes) -> None:
    """Sends requests; a model fails with the status that the body names."""
    client = runtime.client()
    for body in bodies:
        try:
            client.invoke_endpoint(EndpointName="iris", Body=body)["Body"].read()
        except ClientError:
            assert body != b"200"
    runtime.gateway.runtime.meter.write()


def answer(asked: Asked) -> Said:
    time.sleep(0.01)
    return Said(b"", int(asked.body))


def statistics(runtime: Runtime, metric: str, *names: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    found = runtime.client(service="cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=DIMENSIONS,
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=names,
    )
    (datapoint,) = found["Datapoints"]
    del datapoint["Timestamp"]
    return datapoint


def test_requests_are_counted_by_what_the_model_answered(runtime: Runtime) -> None:
    record = endpoint("iris", variant(InstanceCount=2))
    runtime.add(record)

    with containers(record, answer):
        ask(runtime, b"200", b"200", b"200", b"400", b"503", b"500")

    assert statistics(runtime, "Invocations", "Sum") == {"Sum": 6.0, "Unit": "None"}
    assert statistics(runtime, "InvocationsPerInstance", "Sum") == {"Sum": 3.0, "Unit": "None"}
    assert statistics(runtime, "Invocation4XXErrors", "Sum", "Average") == {
        "Sum": 1.0,
        "Average": 1 / 6,
        "Unit": "None",
    }
    assert statistics(runtime, "Invocation5XXErrors", "Sum")["Sum"] == 2.0
    assert statistics(runtime, "InvocationModelErrors", "Sum")["Sum"] == 3.0


def test_latencies_are_in_microseconds(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)

    with containers(record, answer):
        ask(runtime, *[b"200"] * 5)

    model = statistics(runtime, "ModelLatency", "Minimum", "Average", "SampleCount")
    overhead = statistics(runtime, "OverheadLatency", "Minimum", "SampleCount")
    assert (model["Unit"], model["SampleCount"], overhead["SampleCount"]) == ("Microseconds", 5.0, 5.0)
    assert 10_000 <= model["Minimum"] <= model["Average"]
    assert overhead["Minimum"] > 0


def test_what_nobody_answers_is_an_error_of_the_model_and_no_status(runtime: Runtime) -> None:
    runtime.add(endpoint("iris"))
    counted = runtime.gateway.runtime.meter

    counted.count("arn:aws:sagemaker:us-east-1:111122223333:endpoint/iris", "AllTraffic", 1, 0, 0.1, 0.0)
    counted.write()

    assert statistics(runtime, "InvocationModelErrors", "Sum")["Sum"] == 1.0
    assert statistics(runtime, "Invocation5XXErrors", "Sum")["Sum"] == 0.0


def test_a_request_that_reached_nobody_is_not_counted(runtime: Runtime) -> None:
    runtime.add(endpoint("iris"))

    ask(runtime, b"503")

    assert runtime.client(service="cloudwatch").list_metrics()["Metrics"] == []


def test_metrics_are_listed_and_read_as_data(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    with containers(record, answer):
        ask(runtime, b"200", b"200")
    cloudwatch = runtime.client(service="cloudwatch")
    now = datetime.now(UTC)

    listed = cloudwatch.list_metrics(Namespace="AWS/SageMaker", Dimensions=DIMENSIONS[:1])["Metrics"]
    data = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {
                "Id": "p50",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SageMaker",
                        "MetricName": "ModelLatency",
                        "Dimensions": DIMENSIONS,
                    },
                    "Period": 3600,
                    "Stat": "p50",
                },
            },
            {"Id": "ms", "Expression": "p50 / 1000"},
        ],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
    )["MetricDataResults"]

    assert {metric["MetricName"] for metric in listed} == {
        "Invocations",
        "InvocationsPerInstance",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
        "OverheadLatency",
    }
    assert all(metric["Dimensions"] == DIMENSIONS for metric in listed)
    assert data[1]["Values"] == [data[0]["Values"][0] / 1000]
    assert data[1]["Values"][0] >= 10


def test_the_metrics_of_an_endpoint_stay_when_it_is_gone(runtime: Runtime) -> None:
    record = endpoint("iris")
    runtime.add(record)
    with containers(record, answer):
        ask(runtime, b"200")

    runtime.platform.records.delete(KIND.record_kind, "iris")

    assert statistics(runtime, "Invocations", "Sum")["Sum"] == 1.0
