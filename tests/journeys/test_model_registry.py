"""The SDK registers, approves and deploys a model; from the endpoint one reaches what it learned from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import unique_name
from tests.journeys.server import Clients, Server, wait_for


@pytest.fixture(scope="module")
def endpoint(clients: Clients) -> Iterator[str]:
    name = unique_name("registered")
    yield name
    sagemaker = clients("sagemaker")
    sagemaker.delete_endpoint(EndpointName=name)
    wait_for(lambda: not sagemaker.list_endpoints(NameContains=name)["Endpoints"], f"{name} to be gone")


@pytest.fixture(scope="module")
def seen(v2: Client, endpoint: str) -> dict[str, Any]:
    answered: dict[str, Any] = v2.run(
        "model_registry.py", timeout_s=900.0, group=unique_name("digits"), endpoint=endpoint
    )
    return answered


def test_versions_are_registered_and_found(seen: dict[str, Any]) -> None:
    first, second = seen["packages"]

    assert (first.rpartition("/")[2], second.rpartition("/")[2]) == ("1", "2")
    assert seen["listed"] == [[1, "PendingManualApproval"], [2, "Rejected"]]
    assert seen["accurate"] == [first]
    described = seen["described"]
    assert described["ModelPackageDescription"] == "the first"
    assert described["CustomerMetadataProperties"] == {"accuracy": "0.93"}
    assert described["ModelMetrics"]["ModelQuality"]["Statistics"]["ContentType"] == "application/json"
    [container] = described["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == seen["repacked"]


def test_a_version_is_deployed_once_it_is_approved(seen: dict[str, Any]) -> None:
    assert seen["described"]["ModelApprovalStatus"] == "Approved"
    assert [each["ModelPackageName"] for each in seen["containers"]] == seen["packages"][:1]
    assert seen["status"] == "InService"


def test_the_endpoint_leads_to_all_that_its_model_learned_from(seen: dict[str, Any]) -> None:
    assert seen["of_the_endpoint"] == {
        "datasets": [seen["data"]],
        "jobs": [seen["job"]],
        "components": 1,
        "actions": ["ModelDeployment", "Approval", "Approval"],
        "models": sorted([seen["model_data"], seen["repacked"], seen["model"], seen["packages"][0]]),
    }


def test_the_model_its_data_and_its_approval_lead_to_the_endpoint(seen: dict[str, Any]) -> None:
    name = seen["context"]["name"]

    assert seen["of_the_model"]["endpoints"] == seen["of_the_data"] == [name]
    assert seen["of_the_approval"] == {"datasets": [], "endpoints": [name]}
    assert seen["group"] == "ModelGroup"


def test_the_tables_of_the_sdk_have_what_aws_shows(seen: dict[str, Any]) -> None:
    assert set(seen["table_of_package"]) == {
        "Input Approval ContributedTo action",
        "Input Image ContributedTo artifact",
        "Input Model ContributedTo artifact",
        "Output Model ContributedTo artifact",
        "Output ModelDeployment ContributedTo action",
        "Output ModelGroup AssociatedWith context",
    }
    assert seen["table_of_endpoint"] == ["Input ModelDeployment AssociatedWith action"]


def test_the_command_traces_an_endpoint_to_its_data(server: Server, seen: dict[str, Any]) -> None:
    for what in (seen["endpoint"], seen["endpoint"].rpartition("/")[2]):
        drawn = server.command("trace", what).stdout

        order = [
            drawn.find(words)
            for words in (
                f"endpoint  {seen['context']['name']}",
                "deployment  ",
                seen["repacked"],
                seen["model_data"],
                f"training job  {seen['job'].rpartition('/')[2]}",
                seen["data"],
            )
        ]
        assert -1 not in order, drawn
        assert order == sorted(order), drawn


def test_version_3_of_the_sdk_registers_too(v3: Client, clients: Clients) -> None:
    group = unique_name("v3-digits")

    seen = v3.run("model_registry_v3.py", timeout_s=300.0, group=group, model=unique_name("v3-model"))

    arn = seen["group"].replace("model-package-group", "model-package")
    assert seen["status"] == "Completed"
    assert seen["versions"] == [f"{arn}/1", f"{arn}/2"]
    assert seen["registered"] == f"{arn}/1"
    assert seen["approval"] == ["Approved", "by hand"]
    assert seen["made_of"] == f"{arn}/2"
    first = clients("sagemaker").describe_model_package(ModelPackageName=f"{arn}/1")
    assert (first["ModelApprovalStatus"], first["ModelPackageDescription"]) == ("Approved", "built")
