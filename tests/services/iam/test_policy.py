from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from tests.services.access.world import ACCOUNT, allow, policy

from clary.domain.errors import PlatformError
from clary.services.iam import policy as managed
from clary.services.iam import policy_version, role_policy, user_policy

if TYPE_CHECKING:
    from tests.services.access.world import World

    from clary.services.context import Context

AWS_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


def code_of(function: Any, ctx: Context, request: dict[str, Any]) -> tuple[str, int]:
    with pytest.raises(PlatformError) as error:
        function(ctx, request)
    return error.value.code, error.value.http_status


def create(ctx: Context, name: str = "m") -> str:
    request = {"PolicyName": name, "PolicyDocument": policy(allow("s3:GetObject"))}
    return str(managed.create_policy(ctx, request)["Policy"]["Arn"])


def test_a_policy_is_what_was_created(world: World) -> None:
    ctx = world.context()

    arn = create(ctx)

    shown = managed.get_policy(ctx, {"PolicyArn": arn})["Policy"]
    assert (shown["PolicyName"], shown["DefaultVersionId"], shown["AttachmentCount"]) == ("m", "v1", 0)
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/m"


def test_a_name_is_taken_once_over_all_paths(world: World) -> None:
    ctx = world.context()
    create(ctx)

    request = {"PolicyName": "M", "Path": "/other/", "PolicyDocument": policy(allow("s3:*"))}
    assert code_of(managed.create_policy, ctx, request) == ("EntityAlreadyExists", 409)


def test_a_malformed_policy_is_not_created(world: World) -> None:
    request = {"PolicyName": "m", "PolicyDocument": "{}"}

    assert code_of(managed.create_policy, world.context(), request) == ("MalformedPolicyDocument", 400)


def test_attachments_are_counted(world: World) -> None:
    ctx = world.context()
    arn = create(ctx)
    world.role("Runner")
    world.user("ada")
    role_policy.attach_role_policy(ctx, {"RoleName": "Runner", "PolicyArn": arn})
    user_policy.put_user_permissions_boundary(ctx, {"UserName": "ada", "PermissionsBoundary": arn})

    shown = managed.get_policy(ctx, {"PolicyArn": arn})["Policy"]
    entities = managed.list_entities_for_policy(ctx, {"PolicyArn": arn})
    attached = managed.list_entities_for_policy(
        ctx, {"PolicyArn": arn, "PolicyUsageFilter": "PermissionsPolicy"}
    )

    assert (shown["AttachmentCount"], shown["PermissionsBoundaryUsageCount"]) == (1, 1)
    assert [found["RoleName"] for found in entities["PolicyRoles"]] == ["Runner"]
    assert [found["UserName"] for found in entities["PolicyUsers"]] == ["ada"]
    assert attached["PolicyUsers"] == []
    assert code_of(managed.delete_policy, ctx, {"PolicyArn": arn}) == ("DeleteConflict", 409)


def test_a_new_default_version_is_in_force_at_once(world: World) -> None:
    ctx = world.context()
    arn, ada = create(ctx), world.user("ada")
    user_policy.attach_user_policy(ctx, {"UserName": "ada", "PolicyArn": arn})
    assert world.may(ada, "s3:GetObject", "arn:aws:s3:::b/k")

    made = policy_version.create_policy_version(
        ctx, {"PolicyArn": arn, "PolicyDocument": policy(allow("s3:PutObject")), "SetAsDefault": True}
    )["PolicyVersion"]

    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", True)
    assert not world.may(ada, "s3:GetObject", "arn:aws:s3:::b/k")
    policy_version.set_default_policy_version(ctx, {"PolicyArn": arn, "VersionId": "v1"})
    assert world.may(ada, "s3:GetObject", "arn:aws:s3:::b/k")


def test_five_versions_are_kept_and_numbers_are_not_used_again(world: World) -> None:
    ctx = world.context()
    arn = create(ctx)
    request = {"PolicyArn": arn, "PolicyDocument": policy(allow("s3:PutObject"))}
    for _ in range(4):
        policy_version.create_policy_version(ctx, request)

    assert code_of(policy_version.create_policy_version, ctx, request) == ("LimitExceeded", 409)
    policy_version.delete_policy_version(ctx, {"PolicyArn": arn, "VersionId": "v5"})
    made = policy_version.create_policy_version(ctx, request)["PolicyVersion"]

    assert made["VersionId"] == "v6"
    listed = policy_version.list_policy_versions(ctx, {"PolicyArn": arn})["Versions"]
    assert [version["VersionId"] for version in listed] == ["v6", "v4", "v3", "v2", "v1"]


def test_the_default_version_stays(world: World) -> None:
    ctx = world.context()
    request = {"PolicyArn": create(ctx), "VersionId": "v1"}

    assert code_of(policy_version.delete_policy_version, ctx, request) == ("DeleteConflict", 409)


def test_a_policy_with_versions_is_not_deleted(world: World) -> None:
    ctx = world.context()
    arn = create(ctx)
    policy_version.create_policy_version(ctx, {"PolicyArn": arn, "PolicyDocument": policy(allow("s3:*"))})

    assert code_of(managed.delete_policy, ctx, {"PolicyArn": arn}) == ("DeleteConflict", 409)
    policy_version.delete_policy_version(ctx, {"PolicyArn": arn, "VersionId": "v2"})
    managed.delete_policy(ctx, {"PolicyArn": arn})

    assert code_of(managed.get_policy, ctx, {"PolicyArn": arn}) == ("NoSuchEntity", 404)


def test_a_policy_of_aws_is_read_like_any_other(world: World) -> None:
    ctx = world.context()

    shown = managed.get_policy(ctx, {"PolicyArn": AWS_ARN})["Policy"]
    version = policy_version.get_policy_version(ctx, {"PolicyArn": AWS_ARN, "VersionId": "v1"})

    assert shown["PolicyName"] == "AmazonS3FullAccess"
    document = json.loads(unquote(version["PolicyVersion"]["Document"]))
    assert document["Statement"][0]["Action"] == ["s3:*"]


def test_a_policy_of_aws_is_changed_by_nobody(world: World) -> None:
    ctx = world.context()
    request = {"PolicyArn": AWS_ARN, "PolicyDocument": policy(allow("*")), "VersionId": "v1"}

    for function in (
        managed.delete_policy,
        policy_version.create_policy_version,
        policy_version.set_default_policy_version,
    ):
        assert code_of(function, ctx, request) == ("InvalidInput", 400)


def test_a_list_is_of_one_scope(world: World) -> None:
    ctx = world.context()
    arn = create(ctx)
    world.role("Runner")
    role_policy.attach_role_policy(ctx, {"RoleName": "Runner", "PolicyArn": AWS_ARN})

    def arns(**request: Any) -> list[str]:
        return [found["Arn"] for found in managed.list_policies(ctx, request)["Policies"]]

    assert arns(Scope="Local") == [arn]
    assert AWS_ARN in arns(Scope="AWS")
    assert set(arns()) == {*arns(Scope="AWS"), arn}
    assert arns(OnlyAttached=True) == [AWS_ARN]


def test_tags_come_and_go(world: World) -> None:
    ctx = world.context()
    arn = create(ctx)

    managed.tag_policy(ctx, {"PolicyArn": arn, "Tags": [{"Key": "a", "Value": "1"}]})
    tagged = managed.list_policy_tags(ctx, {"PolicyArn": arn})["Tags"]
    managed.untag_policy(ctx, {"PolicyArn": arn, "TagKeys": ["a"]})

    assert tagged == [{"Key": "a", "Value": "1"}]
    assert managed.list_policy_tags(ctx, {"PolicyArn": arn})["Tags"] == []
