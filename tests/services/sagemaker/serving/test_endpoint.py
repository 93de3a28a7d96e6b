from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.endpoint.made import RUNNING
from tests.kinds.endpoint.test_cluster import workload
from tests.kinds.examples import CONFIG, add_prerequisites
from tests.server.test_one_transaction import AnyMachine

from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.kinds.endpoint import KIND
from clary.kinds.serving_entities import ENDPOINT_CONFIG, MODEL, create_serving_entity, delete_serving_entity
from clary.services.context import Context
from clary.services.sagemaker.serving.endpoint import (
    create_endpoint,
    delete_endpoint,
    describe_endpoint,
    list_endpoints,
    update_endpoint,
    update_endpoint_weights_and_capacities,
)


@pytest.fixture
def ctx(ctx: Context) -> Context:
    ctx = replace(ctx, machines=AnyMachine())
    add_prerequisites(ctx)
    return ctx


def add_config(ctx: Context, name: str, **members: Any) -> None:
    variant = {**CONFIG["ProductionVariants"][0], "InitialVariantWeight": 3.0}
    create_serving_entity(
        ctx, ENDPOINT_CONFIG, {"EndpointConfigName": name, "ProductionVariants": [variant], **members}
    )


def create(ctx: Context, config: str = "one") -> str:
    return str(create_endpoint(ctx, {"EndpointName": "digits", "EndpointConfigName": config})["EndpointArn"])


def serve(ctx: Context, **members: Any) -> None:
    """As the loop has it, when the hosts of the last generation serve."""
    record = ctx.records.get("endpoint", "digits")
    last = {**record["_Generations"][-1], "State": "serving"}
    names = [f"g{last['Id']}-v1-i{number}-c1" for number in (1, 2)]
    changes = {
        "EndpointStatus": "InService",
        "_Generations": [last],
        "_Hosts": dict.fromkeys(names, "handle"),
        "_Reports": dict.fromkeys(names, RUNNING),
        **members,
    }
    ctx.records.update("endpoint", "digits", changes, status="InService")


def update(ctx: Context, config: str, **more: Any) -> None:
    update_endpoint(ctx, {"EndpointName": "digits", "EndpointConfigName": config, **more})


def resize(ctx: Context, **wish: Any) -> None:
    wishes: Any = [{"VariantName": "AllTraffic", **wish}]
    update_endpoint_weights_and_capacities(
        ctx, {"EndpointName": "digits", "DesiredWeightsAndCapacities": wishes}
    )


def variant(ctx: Context) -> dict[str, Any]:
    found: dict[str, Any] = ctx.records.get("endpoint", "digits")["_Generations"][-1]["Variants"][0]
    return found


def test_a_new_endpoint_is_described_while_its_hosts_start(ctx: Context) -> None:
    arn = create(ctx)

    found = describe_endpoint(ctx, {"EndpointName": "digits"})

    assert arn.endswith(":endpoint/digits")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("Creating", "one")
    [summary] = found["ProductionVariants"]
    assert (summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]) == (0, 2)
    assert summary["DeployedImages"][0]["SpecifiedImage"] == "pytorch-inference:2.6"
    assert summary["VariantStatus"][0]["Status"] == "Creating"


def test_an_endpoint_in_service_tells_how_many_instances_serve(ctx: Context) -> None:
    create(ctx)
    serve(ctx)

    [summary] = describe_endpoint(ctx, {"EndpointName": "digits"})["ProductionVariants"]

    assert (summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]) == (2, 2)
    assert (summary["CurrentWeight"], summary["DesiredWeight"]) == (1.0, 1.0)
    assert summary["VariantStatus"] == []


def test_a_configuration_that_is_not_there_is_named(ctx: Context) -> None:
    with pytest.raises(
        ValidationError, match=r"Could not find endpoint configuration .*endpoint-config/none"
    ):
        create(ctx, "none")


def test_a_model_that_was_deleted_is_named(ctx: Context) -> None:
    delete_serving_entity(ctx, MODEL, "digits")

    with pytest.raises(ValidationError, match=r"Could not find model .*:model/digits"):
        create(ctx)


def test_an_endpoint_goes_on_without_its_model_and_configuration(ctx: Context) -> None:
    create(ctx)
    delete_serving_entity(ctx, MODEL, "digits")
    delete_serving_entity(ctx, ENDPOINT_CONFIG, "one")
    serve(ctx)

    resize(ctx, DesiredInstanceCount=3)

    assert variant(ctx)["InstanceCount"] == 3


def test_endpoints_are_listed_by_status(ctx: Context) -> None:
    create(ctx)

    listed = list_endpoints(ctx, {"StatusEquals": "Creating"})["Endpoints"]

    assert [each["EndpointName"] for each in listed] == ["digits"]
    assert list_endpoints(ctx, {"StatusEquals": "InService"})["Endpoints"] == []


def test_an_update_starts_another_generation_beside_the_one_that_serves(ctx: Context) -> None:
    create(ctx)
    serve(ctx, FailureReason="an earlier update failed")
    add_config(ctx, "two")

    update(ctx, "two")

    found = describe_endpoint(ctx, {"EndpointName": "digits"})
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("Updating", "one")
    assert found["PendingDeploymentSummary"]["EndpointConfigName"] == "two"
    assert found["FailureReason"] is None
    assert [each["Id"] for each in ctx.records.get("endpoint", "digits")["_Generations"]] == [1, 2]


def test_an_update_may_retain_what_was_changed_since(ctx: Context) -> None:
    create(ctx)
    serve(ctx)
    resize(ctx, DesiredInstanceCount=4, DesiredWeight=7.0)
    serve(ctx)
    add_config(ctx, "two", DataCaptureConfig={"EnableCapture": True})

    update(
        ctx,
        "two",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )

    assert (variant(ctx)["InstanceCount"], variant(ctx)["Weight"]) == (4, 3.0)
    assert "DataCaptureConfig" not in ctx.records.get("endpoint", "digits")["_Generations"][-1]


def test_the_times_of_a_variant_are_those_of_its_hosts(ctx: Context) -> None:
    times = {"ModelDataDownloadTimeoutInSeconds": 60, "ContainerStartupHealthCheckTimeoutInSeconds": 90}
    asked = {**CONFIG["ProductionVariants"][0], **times}
    add_config(ctx, "two", ProductionVariants=[asked])

    create(ctx, "two")

    told = workload(ctx.records.get("endpoint", "digits"))
    assert (told.download_timeout_s, told.startup_timeout_s) == (60, 90.0)


def test_an_endpoint_that_is_changing_is_not_updated(ctx: Context) -> None:
    create(ctx)

    with pytest.raises(ValidationError, match=r"Cannot update in-progress endpoint .* it is Creating"):
        update(ctx, "one")
    with pytest.raises(ValidationError, match="Cannot update in-progress endpoint"):
        resize(ctx, DesiredInstanceCount=1)


def routing(kind: str, value: int = 10, unit: str = "CAPACITY_PERCENT", **policy: Any) -> dict[str, Any]:
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind)
    size = {} if member is None else {member: {"Type": unit, "Value": value}}
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": 60, **size},
            **policy,
        }
    }


def without_size(kind: str) -> dict[str, Any]:
    config = routing("ALL_AT_ONCE")
    config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] = kind
    return config


@pytest.mark.parametrize(
    "config", [routing("CANARY"), routing("LINEAR", 50), routing("CANARY", 1, "INSTANCE_COUNT")]
)
def test_an_update_keeps_how_its_traffic_moves(ctx: Context, config: dict[str, Any]) -> None:
    create(ctx)
    serve(ctx)
    add_config(ctx, "two")

    update(ctx, "two", DeploymentConfig=config)

    assert describe_endpoint(ctx, {"EndpointName": "digits"})["LastDeploymentConfig"] == config


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"RollingUpdatePolicy": {}}, "RollingUpdatePolicy is not served"),
        (without_size("CANARY"), "TrafficRoutingConfiguration.CanarySize is required"),
        (without_size("LINEAR"), "TrafficRoutingConfiguration.LinearStepSize is required"),
        (routing("CANARY", 51), "CanarySize is 51 percent; it has to be at most 50 percent"),
        (routing("LINEAR", 9), "LinearStepSize is 9 percent; it has to be 10 to 50 percent"),
        (routing("CANARY", 2, "INSTANCE_COUNT"), "CanarySize is 2 of 2 instances; .* CAPACITY_PERCENT"),
        (
            routing("CANARY", TerminationWaitInSeconds=600, MaximumExecutionTimeoutInSeconds=660),
            "MaximumExecutionTimeoutInSeconds is 660; it has to be more .* 660 together",
        ),
        ({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}, "Alarms is not served"),
    ],
)
def test_a_deployment_that_would_not_be_kept_is_refused(
    ctx: Context, config: dict[str, Any], named: str
) -> None:
    create(ctx)
    serve(ctx)

    with pytest.raises(ValidationError, match=named):
        update(ctx, "one", DeploymentConfig=config)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"VariantName": "Other"}, r"The variant name\(s\) Other is/are not present.*AllTraffic"),
        ({"DesiredInstanceCount": 0}, "DesiredInstanceCount of variant AllTraffic is 0"),
        ({"ServerlessUpdateConfig": {"MaxConcurrency": 2}}, "AllTraffic is not serverless"),
    ],
)
def test_weights_and_capacities_that_are_wrong_are_refused(
    ctx: Context, wish: dict[str, Any], named: str
) -> None:
    create(ctx)
    serve(ctx)

    with pytest.raises(ValidationError, match=named):
        resize(ctx, **wish)


def test_an_endpoint_is_deleted_by_the_loop_and_one_that_failed_at_once(ctx: Context) -> None:
    create(ctx)
    delete_endpoint(ctx, {"EndpointName": "digits"})
    assert describe_endpoint(ctx, {"EndpointName": "digits"})["EndpointStatus"] == "Deleting"
    delete_endpoint(ctx, {"EndpointName": "digits"})
    with pytest.raises(ResourceInUse, match="already exists"):
        create(ctx)

    ctx.records.update("endpoint", "digits", {"EndpointStatus": "Failed"}, status="Failed")
    delete_endpoint(ctx, {"EndpointName": "digits"})

    with pytest.raises(NotFound, match='Could not find endpoint "'):
        describe_endpoint(ctx, {"EndpointName": "digits"})
    assert KIND.not_found("digits").code == "ValidationException"


def test_an_endpoint_that_is_not_there_is_told_by_every_operation(ctx: Context) -> None:
    calls: list[Any] = [
        lambda: describe_endpoint(ctx, {"EndpointName": "digits"}),
        lambda: delete_endpoint(ctx, {"EndpointName": "digits"}),
        lambda: update(ctx, "one"),
        lambda: resize(ctx, DesiredWeight=1.0),
    ]
    for call in calls:
        with pytest.raises(NotFound, match="Could not find endpoint"):
            call()
