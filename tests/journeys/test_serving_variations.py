"""Endpoints that are more than one model on one host: serverless, several models, pipelines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.endpoints import FIRST_BUILD_S, SERVING, Endpoints, hosts_left, nothing_left
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server, wait_for

IDLE_S = 3.0


@pytest.fixture(scope="module")
def endpoints(jobs: Jobs) -> Endpoints:
    return Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)


@pytest.fixture
def _left(server: Server, endpoints: Endpoints) -> Iterator[None]:
    with nothing_left(server, endpoints):
        yield


@pytest.fixture
def own_settings() -> dict[str, str]:
    return {"CLARY_SERVERLESS_IDLE_S": f"{IDLE_S:g}"}


def test_a_serverless_endpoint_sleeps_and_the_next_request_wakes_it(own: Server, own_jobs: Jobs) -> None:
    endpoints = Endpoints(own_jobs.clients, own_jobs.bucket, own_jobs.role_arn)
    with nothing_left(own, endpoints):
        variant = {
            "VariantName": "Less",
            "ModelName": endpoints.model(3),
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        }
        name = endpoints.deploy(ProductionVariants=[variant])
        assert endpoints.ask(name)["answer"] == 21

        for _ in range(2):
            wait_for(lambda: not hosts_left(own, name), "the endpoint to sleep")
            assert endpoints.describe(name)["EndpointStatus"] == "InService"
            assert endpoints.ask(name)["answer"] == 21
        [seen] = endpoints.describe(name)["ProductionVariants"]

    assert seen["CurrentServerlessConfig"]["MemorySizeInMB"] == 2048


@pytest.mark.usefixtures("_left")
def test_a_shadow_gets_copies_and_its_answers_and_failures_reach_no_caller(endpoints: Endpoints) -> None:
    script = (SERVING / "times.py").read_bytes()
    failing = script.replace(b"    if asked", b"    print('copy of', asked['value'])\n    if asked").replace(
        b"    return json.dumps(answer)", b"    raise ValueError('a shadow falls')"
    )
    shadow = {
        "VariantName": "Shadow",
        "ModelName": endpoints.model(5, code=failing),
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    name = endpoints.deploy(endpoints.model(2), ShadowProductionVariants=[shadow])

    answers = [endpoints.ask(name, value) for value in range(5)]
    assert [(each["variant"], each["answer"]) for each in answers] == [("One", 2 * n) for n in range(5)]

    copies = {f"copy of {value}" for value in range(5)}
    wait_for(lambda: copies <= set(endpoints.log(name)), "the shadow to have a copy of each request")
    assert any("a shadow falls" in line for line in endpoints.log(name))
    assert endpoints.ask(name)["answer"] == 14
    [seen] = endpoints.describe(name)["ShadowProductionVariants"]
    assert (seen["VariantName"], seen["CurrentInstanceCount"]) == ("Shadow", 1)


@pytest.mark.usefixtures("_left")
def test_an_endpoint_of_many_models_answers_with_the_one_that_is_named(endpoints: Endpoints) -> None:
    prefix = unique_name("many")
    for factor in (2, 5):
        endpoints.upload(
            f"{prefix}/models/by-{factor}.tar.gz", {"model.json": json.dumps({"factor": factor}).encode()}
        )
    source = endpoints.upload(
        f"{prefix}/sourcedir.tar.gz", {"inference.py": (SERVING / "times.py").read_bytes()}
    )
    container = {
        "Image": "sagemaker-scikit-learn:1.2-1",
        "Mode": "MultiModel",
        "ModelDataUrl": f"s3://{endpoints.bucket}/{prefix}/models/",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": source},
    }
    name = endpoints.deploy(endpoints.model(PrimaryContainer=container))
    runtime = endpoints.clients("sagemaker-runtime")

    answers = [endpoints.ask(name, TargetModel=f"by-{factor}.tar.gz")["answer"] for factor in (2, 5, 2)]

    assert answers == [14, 35, 14]
    endpoints.upload(f"{prefix}/models/by-9.tar.gz", {"model.json": b'{"factor": 9}'})
    assert endpoints.ask(name, TargetModel="by-9.tar.gz")["answer"] == 63
    with pytest.raises(runtime.exceptions.ClientError, match=r"by-4\.tar\.gz"):
        endpoints.ask(name, TargetModel="by-4.tar.gz")


@pytest.mark.usefixtures("_left")
def test_a_pipeline_scales_with_one_framework_and_recognizes_with_another(v2: Client) -> None:
    seen: dict[str, Any] = v2.run("served_pipeline.py", timeout_s=FIRST_BUILD_S)

    assert seen["accuracy"] > 0.8
    assert len(seen["streams"]) == 2
    assert all(stream.startswith("AllTraffic/i-") for stream in seen["streams"])
    assert "Could not find endpoint" in seen["gone"]
