"""The sagemaker SDK: models are trained, deployed, asked about new data, and deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.journeys.clients import Client
from tests.journeys.endpoints import FIRST_BUILD_S, Endpoints, nothing_left
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server


@pytest.fixture(autouse=True)
def _left(server: Server, jobs: Jobs) -> Iterator[None]:
    with nothing_left(server, Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)):
        yield


def test_a_network_of_pytorch_knows_digits_that_it_has_not_seen(v2: Client) -> None:
    seen = v2.run("served_pytorch.py", timeout_s=FIRST_BUILD_S)

    assert seen["status"] == "InService"
    assert "pytorch-inference:2.6" in seen["image"]
    assert seen["shape"] == [400, 10]
    assert seen["accuracy"] > 0.85
    assert "Could not find endpoint" in seen["gone"]


def test_a_network_of_mxnet_answers_as_in_its_tutorial(v2: Client) -> None:
    seen = v2.run("served_mxnet.py", timeout_s=FIRST_BUILD_S)

    assert seen["accuracy"] > 0.7
    assert "Could not find endpoint" in seen["gone"]


@pytest.mark.parametrize("framework", ["sklearn", "xgboost"])
def test_scikit_learn_and_xgboost_answer_in_the_sdks_own_formats(v2: Client, framework: str) -> None:
    seen = v2.run("served_sklearn_and_xgboost.py", timeout_s=FIRST_BUILD_S, framework=framework)

    assert seen["accuracy"] > 0.8
    assert "Could not find endpoint" in seen["gone"]


def test_the_resource_classes_of_version_3_make_an_endpoint_and_delete_it(v3: Client, jobs: Jobs) -> None:
    endpoints = Endpoints(jobs.clients, jobs.bucket, jobs.role_arn)
    container = endpoints.container("v3/model.tar.gz", factor=3)

    seen = v3.run(
        "served_v3.py",
        timeout_s=FIRST_BUILD_S,
        name=unique_name("third"),
        role=jobs.role_arn,
        image=container["Image"],
        model_data=container["ModelDataUrl"],
        environment=container["Environment"],
    )

    assert (seen["answer"], seen["status"], seen["variant"]) == (21, "InService", "AllTraffic")
