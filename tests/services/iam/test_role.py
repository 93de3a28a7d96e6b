from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from tests.services.access.world import ACCOUNT, SAGEMAKER_TRUST, allow, policy, trusting

from clary.domain.errors import PlatformError
from clary.services.iam import role, role_policy

if TYPE_CHECKING:
    from tests.services.access.world import World

    from clary.services.context import Context

TRUST = json.dumps(SAGEMAKER_TRUST)


def code_of(function: Any, ctx: Context, request: dict[str, Any]) -> tuple[str, int]:
    with pytest.raises(PlatformError) as error:
        function(ctx, request)
    return error.value.code, error.value.http_status


def test_a_role_is_what_was_created(world: World) -> None:
    ctx = world.context()

    made = role.create_role(
        ctx,
        {"RoleName": "Runner", "Path": "/ml/", "AssumeRolePolicyDocument": TRUST, "Description": "runs"},
    )["Role"]

    found = role.get_role(ctx, {"RoleName": "Runner"})["Role"]
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/ml/Runner"
    assert (found["RoleId"], found["MaxSessionDuration"], found["Description"]) == (
        made["RoleId"],
        3_600,
        "runs",
    )


def test_a_trust_policy_comes_back_percent_encoded(world: World) -> None:
    world.role("Runner")

    encoded = role.get_role(world.context(), {"RoleName": "Runner"})["Role"]["AssumeRolePolicyDocument"]

    assert "{" not in encoded
    assert json.loads(unquote(encoded)) == SAGEMAKER_TRUST


def test_a_malformed_trust_policy_makes_no_role(world: World) -> None:
    request = {"RoleName": "Runner", "AssumeRolePolicyDocument": policy(allow("s3:*"))}

    assert code_of(role.create_role, world.context(), request) == ("MalformedPolicyDocument", 400)
    assert code_of(role.get_role, world.context(), {"RoleName": "Runner"}) == ("NoSuchEntity", 404)


def test_a_name_is_taken_once(world: World) -> None:
    world.role("Runner")

    request = {"RoleName": "runner", "AssumeRolePolicyDocument": TRUST}
    assert code_of(role.create_role, world.context(), request) == ("EntityAlreadyExists", 409)


def test_a_trust_policy_can_be_replaced(world: World) -> None:
    arn = world.role("Runner")
    ada, ctx = world.user("ada"), world.context()

    role.update_assume_role_policy(ctx, {"RoleName": "Runner", "PolicyDocument": trusting(AWS=ada.arn)})

    world.ask(ada, "sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "s"})


def test_a_role_can_be_described_anew(world: World) -> None:
    world.role("Runner")
    ctx = world.context()

    role.update_role(ctx, {"RoleName": "Runner", "MaxSessionDuration": 7_200})
    shown = role.update_role_description(ctx, {"RoleName": "Runner", "Description": "new"})["Role"]

    assert (shown["Description"], shown["MaxSessionDuration"]) == ("new", 7_200)


def test_a_role_with_policies_is_not_deleted(world: World) -> None:
    world.role("Runner", allow("s3:*"))
    ctx, attached = world.context(), "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    role_policy.attach_role_policy(ctx, {"RoleName": "Runner", "PolicyArn": attached})

    assert code_of(role.delete_role, ctx, {"RoleName": "Runner"}) == ("DeleteConflict", 409)
    role_policy.delete_role_policy(ctx, {"RoleName": "Runner", "PolicyName": "p"})
    assert code_of(role.delete_role, ctx, {"RoleName": "Runner"}) == ("DeleteConflict", 409)
    role_policy.detach_role_policy(ctx, {"RoleName": "Runner", "PolicyArn": attached})
    role.delete_role(ctx, {"RoleName": "Runner"})

    assert role.list_roles(ctx, {})["Roles"] == []


def test_an_inline_policy_comes_back_as_it_was_put(world: World) -> None:
    document = policy(allow("s3:*")) + "\n"
    world.role("Runner")
    ctx = world.context()

    role_policy.put_role_policy(ctx, {"RoleName": "Runner", "PolicyName": "Data", "PolicyDocument": document})

    found = role_policy.get_role_policy(ctx, {"RoleName": "Runner", "PolicyName": "Data"})
    assert unquote(found["PolicyDocument"]) == document
    assert role_policy.list_role_policies(ctx, {"RoleName": "Runner"})["PolicyNames"] == ["Data"]


def test_a_missing_policy_is_no_such_entity(world: World) -> None:
    world.role("Runner")
    ctx = world.context()
    inline = {"RoleName": "Runner", "PolicyName": "none"}
    attached = {"RoleName": "Runner", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/none"}

    assert code_of(role_policy.get_role_policy, ctx, inline) == ("NoSuchEntity", 404)
    assert code_of(role_policy.delete_role_policy, ctx, inline) == ("NoSuchEntity", 404)
    assert code_of(role_policy.attach_role_policy, ctx, attached) == ("NoSuchEntity", 404)
    assert code_of(role_policy.detach_role_policy, ctx, attached) == ("NoSuchEntity", 404)


def test_a_malformed_policy_is_not_put(world: World) -> None:
    world.role("Runner")
    ctx = world.context()

    request = {"RoleName": "Runner", "PolicyName": "p", "PolicyDocument": "{"}
    assert code_of(role_policy.put_role_policy, ctx, request) == ("MalformedPolicyDocument", 400)
    assert role_policy.list_role_policies(ctx, {"RoleName": "Runner"})["PolicyNames"] == []


def test_attaching_twice_is_attaching_once(world: World) -> None:
    world.role("Runner")
    ctx = world.context()
    request = {"RoleName": "Runner", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}

    role_policy.attach_role_policy(ctx, request)
    role_policy.attach_role_policy(ctx, request)

    assert role_policy.list_attached_role_policies(ctx, {"RoleName": "Runner"})["AttachedPolicies"] == [
        {"PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": request["PolicyArn"]}
    ]


def test_a_boundary_is_shown_and_taken_away(world: World) -> None:
    world.role("Runner")
    ctx, arn = world.context(), "arn:aws:iam::aws:policy/AmazonS3FullAccess"

    role_policy.put_role_permissions_boundary(ctx, {"RoleName": "Runner", "PermissionsBoundary": arn})
    bounded = role.get_role(ctx, {"RoleName": "Runner"})["Role"]
    role_policy.delete_role_permissions_boundary(ctx, {"RoleName": "Runner"})

    assert bounded["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert role.get_role(ctx, {"RoleName": "Runner"})["Role"]["PermissionsBoundary"] is None


def test_tags_come_and_go(world: World) -> None:
    world.role("Runner")
    ctx = world.context()

    role.tag_role(
        ctx, {"RoleName": "Runner", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}
    )
    role.untag_role(ctx, {"RoleName": "Runner", "TagKeys": ["a"]})

    assert role.list_role_tags(ctx, {"RoleName": "Runner"})["Tags"] == [{"Key": "b", "Value": "2"}]
