from __future__ import annotations

from typing import Any

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.domains.domain import (
    create_domain,
    delete_domain,
    describe_domain,
    list_domains,
    update_domain,
)
from clary.services.sagemaker.domains.user_profile import create_user_profile, delete_user_profile
from clary.services.sagemaker.tags import list_tags

ROLE = "arn:aws:iam::123456789012:role/studio"


def request(name: str = "home", **more: Any) -> Any:
    settings = {"ExecutionRole": ROLE, "SecurityGroups": ["sg-1"]}
    return {"DomainName": name, "AuthMode": "IAM", "DefaultUserSettings": settings, **more}


def test_a_domain_is_described_as_it_was_created(ctx: Context, clock: Clock) -> None:
    tags = [{"Key": "team", "Value": "vision"}]
    made = create_domain(ctx, request(VpcId="vpc-1", SubnetIds=["subnet-1"], Tags=tags))

    found = describe_domain(ctx, {"DomainId": made["DomainId"]})

    assert made["DomainArn"] == f"arn:aws:sagemaker:us-east-1:123456789012:domain/{made['DomainId']}"
    assert made["DomainId"].startswith("d-")
    assert made["Url"] == found["Url"] == "http://127.0.0.1:8000/studio/"
    assert (found["DomainName"], found["VpcId"], found["SubnetIds"]) == ("home", "vpc-1", ["subnet-1"])
    assert (found["Status"], found["AppNetworkAccessType"]) == ("InService", "PublicInternetOnly")
    assert found["CreationTime"] == found["LastModifiedTime"] == clock.now
    assert list_tags(ctx, {"ResourceArn": made["DomainArn"]})["Tags"] == tags


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"AuthMode": "SSO"}, "AuthMode is SSO"),
        ({"DefaultUserSettings": {}}, "no ExecutionRole"),
        ({"AppNetworkAccessType": "VpcOnly", "VpcId": "vpc-1"}, "needs a VpcId and SubnetIds"),
    ],
)
def test_what_cannot_be_served_is_refused(ctx: Context, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        create_domain(ctx, request(**wrong))


def test_a_taken_name_is_refused(ctx: Context) -> None:
    create_domain(ctx, request())

    with pytest.raises(ResourceInUse, match="Domain with name home already exists"):
        create_domain(ctx, request())


def test_an_unknown_domain_is_not_found(ctx: Context) -> None:
    for operation in (describe_domain, update_domain, delete_domain):
        with pytest.raises(NotFound, match="Domain with id d-none does not exist") as missing:
            operation(ctx, {"DomainId": "d-none"})
        assert missing.value.code == "ResourceNotFound"


def test_an_update_keeps_the_settings_that_it_does_not_name(ctx: Context, clock: Clock) -> None:
    made = create_domain(ctx, request(DomainSettings={"SecurityGroupIds": ["sg-9"]}))
    clock.now += 60

    update_domain(
        ctx,
        {
            "DomainId": made["DomainId"],
            "DefaultUserSettings": {"SecurityGroups": ["sg-2"]},
            "DomainSettingsForUpdate": {
                "ExecutionRoleIdentityConfig": "USER_PROFILE_NAME",
                "RStudioServerProDomainSettingsForUpdate": {"DomainExecutionRoleArn": ROLE},
            },
            "TagPropagation": "ENABLED",
        },
    )

    found = describe_domain(ctx, {"DomainId": made["DomainId"]})
    assert found["DefaultUserSettings"] == {"ExecutionRole": ROLE, "SecurityGroups": ["sg-2"]}
    assert found["DomainSettings"] == {
        "SecurityGroupIds": ["sg-9"],
        "ExecutionRoleIdentityConfig": "USER_PROFILE_NAME",
        "RStudioServerProDomainSettings": {"DomainExecutionRoleArn": ROLE},
    }
    assert found["TagPropagation"] == "ENABLED"
    assert found["LastModifiedTime"] == found["CreationTime"] + 60


def test_a_domain_with_profiles_cannot_be_deleted(ctx: Context) -> None:
    made = create_domain(ctx, request(Tags=[{"Key": "a", "Value": "b"}]))
    ann = {"DomainId": made["DomainId"], "UserProfileName": "ann"}
    create_user_profile(ctx, ann)
    create_domain(ctx, request("other"))

    with pytest.raises(ResourceInUse, match="ann among them"):
        delete_domain(ctx, {"DomainId": made["DomainId"]})

    delete_user_profile(ctx, ann)
    delete_domain(ctx, {"DomainId": made["DomainId"], "RetentionPolicy": {"HomeEfsFileSystem": "Delete"}})
    assert [each["DomainName"] for each in list_domains(ctx, {})["Domains"]] == ["other"]
    assert ctx.tags.get(made["DomainArn"]) == {}
    with pytest.raises(NotFound):
        describe_domain(ctx, {"DomainId": made["DomainId"]})


def test_domains_are_listed_by_pages(ctx: Context, clock: Clock) -> None:
    for name in ("one", "two", "three"):
        create_domain(ctx, request(name))
        clock.now += 1

    first = list_domains(ctx, {"MaxResults": 2})
    second = list_domains(ctx, {"MaxResults": 2, "NextToken": first["NextToken"]})

    names = [each["DomainName"] for page in (first, second) for each in page["Domains"]]
    assert names == ["three", "two", "one"]
    assert "NextToken" not in second
    assert first["Domains"][0]["Url"].endswith("/studio/")
