from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.access.world import ACCOUNT, allow, policy

from clary.domain.errors import PlatformError
from clary.services.iam import access_key, user, user_policy

if TYPE_CHECKING:
    from tests.services.access.world import World

    from clary.services.context import Context


def code_of(function: Any, ctx: Context, request: dict[str, Any]) -> tuple[str, int]:
    with pytest.raises(PlatformError) as error:
        function(ctx, request)
    return error.value.code, error.value.http_status


def test_a_user_is_what_was_created(world: World) -> None:
    ctx = world.context()

    made = user.create_user(
        ctx, {"UserName": "Ada", "Path": "/uk/", "Tags": [{"Key": "team", "Value": "blue"}]}
    )

    assert made["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/uk/Ada"
    assert made["User"]["CreateDate"] == world.now
    assert made["User"]["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert user.get_user(ctx, {"UserName": "Ada"}) == made


def test_names_that_differ_in_case_are_the_same_name(world: World) -> None:
    ctx = world.context()
    user.create_user(ctx, {"UserName": "Ada"})

    assert code_of(user.create_user, ctx, {"UserName": "ADA"}) == ("EntityAlreadyExists", 409)
    assert user.get_user(ctx, {"UserName": "ada"})["User"]["UserName"] == "Ada"


@pytest.mark.parametrize("function", [user.get_user, user.delete_user, user.update_user, user.list_user_tags])
def test_a_missing_user_is_no_such_entity(world: World, function: Any) -> None:
    assert code_of(function, world.context(), {"UserName": "nobody"}) == ("NoSuchEntity", 404)


def test_get_user_without_a_name_is_the_caller(world: World) -> None:
    ada = world.user("ada")
    world.role("Runner")

    assert user.get_user(world.context(ada), {})["User"]["UserName"] == "ada"
    assert user.get_user(world.context(), {})["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert code_of(user.get_user, world.context(world.session("Runner")), {}) == ("ValidationError", 400)


def test_pages_reassemble_the_list(world: World) -> None:
    ctx = world.context()
    for name in ("eve", "Ada", "bob", "dan", "Cyd"):
        user.create_user(ctx, {"UserName": name})

    names, request = [], {"MaxItems": 2}
    while True:
        page = user.list_users(ctx, request)
        names += [found["UserName"] for found in page["Users"]]
        if not page["IsTruncated"]:
            break
        request["Marker"] = page["Marker"]

    assert names == ["Ada", "bob", "Cyd", "dan", "eve"]


@pytest.mark.parametrize("marker", ["x", "é", "====", "%%%"])
def test_a_marker_of_nobodys_is_refused(world: World, marker: str) -> None:
    assert code_of(user.list_users, world.context(), {"Marker": marker}) == ("InvalidInput", 400)


def test_a_list_can_be_of_one_path(world: World) -> None:
    ctx = world.context()
    user.create_user(ctx, {"UserName": "ada", "Path": "/uk/"})
    user.create_user(ctx, {"UserName": "bob"})

    assert [found["UserName"] for found in user.list_users(ctx, {"PathPrefix": "/uk/"})["Users"]] == ["ada"]


def test_a_user_with_keys_or_policies_is_not_deleted(world: World) -> None:
    ada, ctx = world.user("ada", allow("s3:*")), world.context()

    assert code_of(user.delete_user, ctx, {"UserName": "ada"}) == ("DeleteConflict", 409)
    access_key.delete_access_key(ctx, {"UserName": "ada", "AccessKeyId": ada.access_key_id})
    assert code_of(user.delete_user, ctx, {"UserName": "ada"}) == ("DeleteConflict", 409)
    user_policy.delete_user_policy(ctx, {"UserName": "ada", "PolicyName": "p"})
    user.delete_user(ctx, {"UserName": "ada"})

    assert code_of(user.get_user, ctx, {"UserName": "ada"}) == ("NoSuchEntity", 404)


def test_a_new_name_must_be_free(world: World) -> None:
    world.user("ada")
    world.user("bob")

    request = {"UserName": "ada", "NewUserName": "BOB"}
    assert code_of(user.update_user, world.context(), request) == ("EntityAlreadyExists", 409)


def test_a_rename_keeps_everything_but_the_name(world: World) -> None:
    world.user("ada", allow("s3:*"))
    ctx = world.context()
    before = user.get_user(ctx, {"UserName": "ada"})["User"]
    world.now += 60

    user.update_user(ctx, {"UserName": "ada", "NewUserName": "countess"})

    after = user.get_user(ctx, {"UserName": "countess"})["User"]
    assert (after["UserId"], after["CreateDate"]) == (before["UserId"], before["CreateDate"])
    assert user_policy.list_user_policies(ctx, {"UserName": "countess"})["PolicyNames"] == ["p"]
    assert code_of(user.get_user, ctx, {"UserName": "ada"}) == ("NoSuchEntity", 404)


def test_a_new_spelling_of_the_same_name(world: World) -> None:
    ctx = world.context()
    user.create_user(ctx, {"UserName": "ada"})

    user.update_user(ctx, {"UserName": "ada", "NewUserName": "Ada"})

    assert user.get_user(ctx, {"UserName": "ada"})["User"]["Arn"].endswith(":user/Ada")


def test_tags_come_and_go(world: World) -> None:
    ctx = world.context()
    user.create_user(ctx, {"UserName": "ada", "Tags": [{"Key": "team", "Value": "blue"}]})

    user.tag_user(
        ctx, {"UserName": "ada", "Tags": [{"Key": "Team", "Value": "red"}, {"Key": "x", "Value": ""}]}
    )
    user.untag_user(ctx, {"UserName": "ada", "TagKeys": ["X"]})

    assert user.list_user_tags(ctx, {"UserName": "ada"})["Tags"] == [{"Key": "Team", "Value": "red"}]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}], "InvalidInput"),
        ([{"Key": "aws:x", "Value": "1"}], "InvalidInput"),
        ([{"Key": str(number), "Value": ""} for number in range(51)], "LimitExceeded"),
    ],
)
def test_bad_tags_are_refused(world: World, tags: list[dict[str, str]], code: str) -> None:
    request = {"UserName": "ada", "Tags": tags}

    assert code_of(user.create_user, world.context(), request)[0] == code


def test_a_user_has_two_keys_at_most(world: World) -> None:
    world.user("ada")
    ctx = world.context()
    access_key.create_access_key(ctx, {"UserName": "ada"})

    assert code_of(access_key.create_access_key, ctx, {"UserName": "ada"}) == ("LimitExceeded", 409)

    listed = access_key.list_access_keys(ctx, {"UserName": "ada"})["AccessKeyMetadata"]
    assert len(listed) == 2
    assert not any("SecretAccessKey" in key for key in listed)
    assert len(world.records.names("iam-access-key")) == 2


def test_a_key_of_another_user_is_not_there(world: World) -> None:
    ada = world.user("ada")
    world.user("bob")

    request = {"UserName": "bob", "AccessKeyId": ada.access_key_id}
    assert code_of(access_key.delete_access_key, world.context(), request) == ("NoSuchEntity", 404)


def test_a_user_makes_a_key_of_its_own(world: World) -> None:
    ada = world.user("ada")

    made = access_key.create_access_key(world.context(ada), {})["AccessKey"]

    assert made["UserName"] == "ada"
    secret, caller = world.keyring.resolve(made["AccessKeyId"], "", world.now)
    assert (secret, caller.name) == (made["SecretAccessKey"], "ada")


def test_a_key_says_whose_it_is(world: World) -> None:
    ada = world.user("ada")

    found = access_key.get_access_key_last_used(world.context(), {"AccessKeyId": ada.access_key_id})

    assert found["UserName"] == "ada"


def test_a_policy_too_long_is_refused(world: World) -> None:
    world.user("ada")
    document = policy(allow(*[f"s3:Get{number}" for number in range(300)]))

    request = {"UserName": "ada", "PolicyName": "p", "PolicyDocument": document}
    assert code_of(user_policy.put_user_policy, world.context(), request) == ("LimitExceeded", 409)
