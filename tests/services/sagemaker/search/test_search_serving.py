"""Search over models, endpoints, model packages and their groups."""

from __future__ import annotations

from typing import Any

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import ValidationError
from clary.kinds.serving_entities import MODEL, create_serving_entity
from clary.services.context import Context
from clary.services.sagemaker.registry.model_package import create_model_package, update_model_package
from clary.services.sagemaker.registry.model_package_group import create_model_package_group
from clary.services.sagemaker.search.search import get_search_suggestions, search
from clary.services.sagemaker.tags import add_tags
from clary.store.attribute_index.joined import search_jobs

HERE = "arn:aws:sagemaker:us-east-1:123456789012"
CONTAINER = {"Image": "pytorch-inference:2.6", "ModelDataUrl": "s3://data/model.tar.gz"}
SPECIFICATION: Any = {"Containers": [CONTAINER]}


@pytest.fixture(autouse=True)
def registered(ctx: Context) -> None:
    search_jobs(["endpoint"])
    for name in ("one", "two"):
        create_serving_entity(
            ctx,
            MODEL,
            {"ModelName": name, "PrimaryContainer": {**CONTAINER, "Environment": {"SIZE": name}}},
            _Containers=[CONTAINER],
        )
    create_model_package_group(
        ctx, {"ModelPackageGroupName": "digits", "Tags": [{"Key": "team", "Value": "vision"}]}
    )
    create_model_package_group(ctx, {"ModelPackageGroupName": "letters"})
    for group in ("digits", "digits", "letters"):
        create_model_package(ctx, {"ModelPackageGroupName": group, "InferenceSpecification": SPECIFICATION})
    update_model_package(
        ctx,
        {
            "ModelPackageArn": f"{HERE}:model-package/digits/2",
            "ModelApprovalStatus": "Approved",
            "CustomerMetadataProperties": {"accuracy": "0.97"},
        },
    )


def serve(ctx: Context, name: str, *models: str, state: str = "serving", status: str = "InService") -> None:
    variants = [
        {
            "VariantName": model,
            "ModelName": model,
            "Weight": 1.0,
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "Containers": [CONTAINER],
        }
        for model in models
    ]
    arn = f"{HERE}:endpoint/{name}"
    record = {
        "EndpointName": name,
        "EndpointArn": arn,
        "EndpointConfigName": name,
        "EndpointStatus": status,
        "_Generations": [{"Id": 1, "State": state, "Since": 1.0, "Variants": variants}],
    }
    ctx.records.insert("endpoint", name, record, arn=arn, status=status)


def found(ctx: Context, resource: str, *filters: tuple[str, ...], **members: Any) -> list[dict[str, Any]]:
    spelled = [dict(zip(("Name", "Operator", "Value"), each, strict=False)) for each in filters]
    request: Any = {"Resource": resource, "SearchExpression": {"Filters": spelled}, **members}
    return [next(iter(result.values())) for result in search(ctx, request)["Results"]]


def versions(ctx: Context, *filters: tuple[str, ...]) -> list[str]:
    results = found(ctx, "ModelPackage", *filters, SortBy="ModelPackageArn", SortOrder="Ascending")
    return [each["ModelPackageArn"].partition("/")[2] for each in results]


def test_versions_are_found_by_what_is_known_of_them(ctx: Context) -> None:
    assert versions(ctx) == ["digits/1", "digits/2", "letters/1"]
    assert versions(ctx, ("ModelPackageGroupName", "Equals", "digits")) == ["digits/1", "digits/2"]
    assert versions(ctx, ("ModelApprovalStatus", "Equals", "Approved")) == ["digits/2"]
    assert versions(ctx, ("ModelPackageVersion", "GreaterThan", "1")) == ["digits/2"]
    assert versions(ctx, ("CustomerMetadataProperties.accuracy", "GreaterThan", "0.9")) == ["digits/2"]
    assert versions(ctx, ("InferenceSpecification.Containers.ModelDataUrl", "Contains", "model.tar")) == [
        "digits/1",
        "digits/2",
        "letters/1",
    ]
    add_tags(
        ctx,
        {"ResourceArn": f"{HERE}:model-package/letters/1", "Tags": [{"Key": "stage", "Value": "live"}]},
    )
    assert versions(ctx, ("Tags.stage", "Equals", "live")) == ["letters/1"]


def test_a_group_is_found_by_its_name_as_the_sdk_asks_for_it(ctx: Context) -> None:
    [group] = found(ctx, "ModelPackageGroup", ("ModelPackageGroupName", "Equals", "digits"))

    assert group["ModelPackageGroupArn"] == f"{HERE}:model-package-group/digits"
    assert group["Tags"] == [{"Key": "team", "Value": "vision"}]
    assert [
        each["ModelPackageGroupName"] for each in found(ctx, "ModelPackageGroup", ("Tags.team", "NotExists"))
    ] == ["letters"]


def test_endpoints_are_found_by_status_and_described_as_by_describe(ctx: Context) -> None:
    serve(ctx, "live", "one")
    serve(ctx, "broken", "two", state="starting", status="Failed")

    [live] = found(ctx, "Endpoint", ("EndpointStatus", "Equals", "InService"))

    assert (live["EndpointName"], live["EndpointArn"]) == ("live", f"{HERE}:endpoint/live")
    assert [each["VariantName"] for each in live["ProductionVariants"]] == ["one"]
    with pytest.raises(ValidationError, match=r"Unknown property name: _Generations\.Id"):
        found(ctx, "Endpoint", ("_Generations.Id", "Equals", "1"))


@pytest.mark.parametrize("prefix", ["", "Model.", "model."])
def test_a_model_is_found_with_the_endpoints_that_serve_it(ctx: Context, prefix: str) -> None:
    serve(ctx, "live", "one")
    serve(ctx, "both", "one", "two")
    serve(ctx, "starting", "one", state="starting", status="Creating")

    [one] = found(ctx, "Model", (f"{prefix}PrimaryContainer.Environment.SIZE", "Equals", "one"))

    assert one["Model"]["ModelName"] == "one"
    assert one["Model"]["PrimaryContainer"]["Mode"] == "SingleModel"
    assert sorted(each["EndpointName"] for each in one["Endpoints"]) == ["both", "live"]
    by_name = found(ctx, "Model", SortBy=f"{prefix}ModelName", SortOrder="Ascending")
    assert [each["Model"]["ModelName"] for each in by_name] == ["one", "two"]
    assert [each["EndpointName"] for each in by_name[1]["Endpoints"]] == ["both"]


def test_a_model_is_found_with_its_last_transform_job(ctx: Context, clock: Clock) -> None:
    for name, model in (("first", "one"), ("second", "one"), ("other", "two")):
        clock.now += 1
        record = {"TransformJobName": name, "ModelName": model, "TransformJobStatus": "Completed"}
        ctx.records.insert("transform-job", name, record, arn=f"{HERE}:transform-job/{name}")

    one, two = found(ctx, "Model", SortBy="ModelName", SortOrder="Ascending")

    assert one["LastBatchTransformJob"]["TransformJobName"] == "second"
    assert two["LastBatchTransformJob"]["TransformJobName"] == "other"


def test_names_of_properties_are_suggested(ctx: Context) -> None:
    answer = get_search_suggestions(
        ctx,
        {
            "Resource": "ModelPackage",
            "SuggestionQuery": {"PropertyNameQuery": {"PropertyNameHint": "Customer"}},
        },
    )

    names = [each["PropertyName"] for each in answer["PropertyNameSuggestions"]]
    assert names == ["CustomerMetadataProperties.accuracy"]


def test_a_deleted_record_is_found_no_more(ctx: Context) -> None:
    ctx.records.delete("model", "one")

    assert [each["Model"]["ModelName"] for each in found(ctx, "Model")] == ["two"]
