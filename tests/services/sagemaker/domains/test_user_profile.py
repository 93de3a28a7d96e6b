from __future__ import annotations

import pytest
from tests.services.conftest import Clock
from tests.services.sagemaker.domains.test_domain import ROLE, request

from clary.domain.errors import NotFound, ResourceInUse, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.domains.domain import create_domain
from clary.services.sagemaker.domains.user_profile import (
    create_user_profile,
    delete_user_profile,
    describe_user_profile,
    list_user_profiles,
    update_user_profile,
)
from clary.services.sagemaker.tags import list_tags


@pytest.fixture
def home(ctx: Context) -> str:
    """The id of a domain."""
    return str(create_domain(ctx, request())["DomainId"])


def names(ctx: Context, **asked: str) -> list[str]:
    return [each["UserProfileName"] for each in list_user_profiles(ctx, asked)["UserProfiles"]]  # type: ignore[arg-type]


def test_a_profile_is_described_as_it_was_created(ctx: Context, clock: Clock, home: str) -> None:
    tags = [{"Key": "team", "Value": "vision"}]
    asked = {
        "DomainId": home,
        "UserProfileName": "Ann",
        "UserSettings": {"ExecutionRole": ROLE},
        "Tags": tags,
    }
    arn = create_user_profile(ctx, asked)["UserProfileArn"]  # type: ignore[arg-type]

    found = describe_user_profile(ctx, {"DomainId": home, "UserProfileName": "Ann"})

    assert arn == f"arn:aws:sagemaker:us-east-1:123456789012:user-profile/{home}/ann"
    assert (found["UserProfileName"], found["Status"]) == ("Ann", "InService")
    assert found["UserSettings"] == {"ExecutionRole": ROLE}
    assert found["CreationTime"] == clock.now
    assert list_tags(ctx, {"ResourceArn": arn})["Tags"] == tags


@pytest.mark.parametrize("name", ["ann", "ANN"])
def test_a_taken_name_is_refused(ctx: Context, home: str, name: str) -> None:
    create_user_profile(ctx, {"DomainId": home, "UserProfileName": "ann"})

    with pytest.raises(ResourceInUse, match="already exists in the domain"):
        create_user_profile(ctx, {"DomainId": home, "UserProfileName": name})


def test_a_name_may_be_used_in_two_domains(ctx: Context, home: str) -> None:
    other = create_domain(ctx, request("other"))["DomainId"]
    for domain_id in (home, other):
        create_user_profile(ctx, {"DomainId": domain_id, "UserProfileName": "ann"})

    assert names(ctx) == ["ann", "ann"]
    assert names(ctx, DomainIdEquals=other) == ["ann"]


def test_what_is_not_there_is_not_found(ctx: Context, home: str) -> None:
    for operation in (describe_user_profile, update_user_profile, delete_user_profile):
        with pytest.raises(NotFound, match="UserProfile bob does not exist"):
            operation(ctx, {"DomainId": home, "UserProfileName": "bob"})
    with pytest.raises(NotFound, match="Domain with id d-none"):
        create_user_profile(ctx, {"DomainId": "d-none", "UserProfileName": "bob"})


def test_single_sign_on_is_refused(ctx: Context, home: str) -> None:
    with pytest.raises(ValidationError, match="AuthMode IAM"):
        create_user_profile(
            ctx,
            {
                "DomainId": home,
                "UserProfileName": "ann",
                "SingleSignOnUserIdentifier": "UserName",
                "SingleSignOnUserValue": "ann",
            },
        )


def test_an_update_keeps_the_settings_that_it_does_not_name(ctx: Context, clock: Clock, home: str) -> None:
    ann = {"DomainId": home, "UserProfileName": "ann"}
    create_user_profile(ctx, {**ann, "UserSettings": {"ExecutionRole": ROLE}})  # type: ignore[typeddict-item]
    clock.now += 5

    update_user_profile(ctx, {**ann, "UserSettings": {"SecurityGroups": ["sg-2"]}})  # type: ignore[typeddict-item]

    found = describe_user_profile(ctx, ann)  # type: ignore[arg-type]
    assert found["UserSettings"] == {"ExecutionRole": ROLE, "SecurityGroups": ["sg-2"]}
    assert found["LastModifiedTime"] == found["CreationTime"] + 5


def test_profiles_are_filtered_sorted_and_paged(ctx: Context, clock: Clock, home: str) -> None:
    # The id of a domain is a part of no profile's name.
    for name in ("ann-d", "bob", "joANNa"):
        create_user_profile(ctx, {"DomainId": home, "UserProfileName": name})
        clock.now += 1
    update_user_profile(ctx, {"DomainId": home, "UserProfileName": "bob"})

    assert names(ctx) == ["ann-d", "bob", "joANNa"], "ascending, as AWS does where nothing is asked"
    assert names(ctx, SortBy="LastModifiedTime", SortOrder="Descending")[0] == "bob"
    assert names(ctx, UserProfileNameContains="ann") == ["ann-d", "joANNa"]
    assert names(ctx, UserProfileNameContains="d-") == []
    first = list_user_profiles(ctx, {"MaxResults": 2})
    assert [
        each["UserProfileName"]
        for each in list_user_profiles(ctx, {"MaxResults": 2, "NextToken": first["NextToken"]})[
            "UserProfiles"
        ]
    ] == ["joANNa"]


def test_a_deleted_profile_leaves_nothing(ctx: Context, home: str) -> None:
    ann = {"DomainId": home, "UserProfileName": "ann"}
    arn = create_user_profile(ctx, {**ann, "Tags": [{"Key": "a", "Value": "b"}]})["UserProfileArn"]  # type: ignore[typeddict-item]

    delete_user_profile(ctx, ann)  # type: ignore[arg-type]

    assert names(ctx) == []
    assert ctx.tags.get(arn) == {}
