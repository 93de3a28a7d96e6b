from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.access.world import allow

from clary.domain.errors import PlatformError
from clary.services.access.passwords import LOGIN_PROFILE, hash_password, password_matches
from clary.services.iam import access_key, login_profile, user, user_policy

if TYPE_CHECKING:
    from tests.services.access.world import World

    from clary.services.context import Context

GOOD, OTHER = "Correct-horse-1", "Another-horse-2"


def code_of(function: Any, ctx: Context, request: dict[str, Any]) -> tuple[str, int]:
    with pytest.raises(PlatformError) as error:
        function(ctx, request)
    return error.value.code, error.value.http_status


@pytest.fixture
def ctx(world: World) -> Context:
    ctx = world.context()
    user.create_user(ctx, {"UserName": "Ada"})
    return ctx


def test_a_password_is_kept_as_a_hash_and_never_shown(ctx: Context) -> None:
    made = login_profile.create_login_profile(ctx, {"UserName": "ada", "Password": GOOD})

    kept = ctx.records.get(LOGIN_PROFILE, "ada")
    assert GOOD not in str(kept)
    assert password_matches(GOOD, kept["_hash"])
    assert not password_matches(OTHER, kept["_hash"])
    assert made["LoginProfile"]["UserName"] == "Ada"
    assert login_profile.get_login_profile(ctx, {"UserName": "ADA"}) == made


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password(GOOD) != hash_password(GOOD)


def test_a_user_has_one_profile(ctx: Context) -> None:
    login_profile.create_login_profile(ctx, {"UserName": "Ada", "Password": GOOD})

    again = {"UserName": "ada", "Password": OTHER}
    assert code_of(login_profile.create_login_profile, ctx, again) == ("EntityAlreadyExists", 409)


@pytest.mark.parametrize("password", ["Short-1", "onlyletters", "lower and space", "12345678", "Ada"])
def test_weak_passwords_are_refused(ctx: Context, password: str) -> None:
    request = {"UserName": "Ada", "Password": password}

    assert code_of(login_profile.create_login_profile, ctx, request) == ("PasswordPolicyViolation", 400)


@pytest.mark.parametrize(
    "function",
    [
        login_profile.create_login_profile,
        login_profile.get_login_profile,
        login_profile.update_login_profile,
        login_profile.delete_login_profile,
    ],
)
def test_of_nobody_there_is_none(ctx: Context, function: Any) -> None:
    request = {"UserName": "nobody", "Password": GOOD}

    assert code_of(function, ctx, request) == ("NoSuchEntity", 404)


def test_another_password_replaces_the_first(ctx: Context) -> None:
    login_profile.create_login_profile(ctx, {"UserName": "Ada", "Password": GOOD})
    before = ctx.records.get(LOGIN_PROFILE, "ada")

    login_profile.update_login_profile(ctx, {"UserName": "Ada", "Password": OTHER})

    after = ctx.records.get(LOGIN_PROFILE, "ada")
    assert password_matches(OTHER, after["_hash"])
    assert after["_password_id"] != before["_password_id"], "sessions with the old one end"


def test_a_user_changes_the_own_password_with_the_old_one(world: World) -> None:
    ada = world.context(world.user("ada"))
    login_profile.create_login_profile(ada, {"Password": GOOD})

    wrong = {"OldPassword": OTHER, "NewPassword": OTHER}
    assert code_of(login_profile.change_password, ada, wrong) == ("AccessDenied", 403)
    login_profile.change_password(ada, {"OldPassword": GOOD, "NewPassword": OTHER})

    assert password_matches(OTHER, ada.records.get(LOGIN_PROFILE, "ada")["_hash"])
    change = {"OldPassword": OTHER, "NewPassword": GOOD}
    assert code_of(login_profile.change_password, world.context(), change) == ("ValidationError", 400)


def test_a_user_with_a_password_is_not_deleted(world: World) -> None:
    ada, ctx = world.user("ada", allow("s3:*")), world.context()
    access_key.delete_access_key(ctx, {"UserName": "ada", "AccessKeyId": ada.access_key_id})
    user_policy.delete_user_policy(ctx, {"UserName": "ada", "PolicyName": "p"})
    login_profile.create_login_profile(ctx, {"UserName": "ada", "Password": GOOD})

    assert code_of(user.delete_user, ctx, {"UserName": "ada"}) == ("DeleteConflict", 409)
    login_profile.delete_login_profile(ctx, {"UserName": "ada"})
    user.delete_user(ctx, {"UserName": "ada"})


def test_a_new_name_keeps_the_password(ctx: Context) -> None:
    login_profile.create_login_profile(ctx, {"UserName": "Ada", "Password": GOOD})

    user.update_user(ctx, {"UserName": "Ada", "NewUserName": "Grace"})

    assert login_profile.get_login_profile(ctx, {"UserName": "grace"})["LoginProfile"]["UserName"] == "Grace"
    assert password_matches(GOOD, ctx.records.get(LOGIN_PROFILE, "grace")["_hash"])
    assert code_of(login_profile.get_login_profile, ctx, {"UserName": "Ada"}) == ("NoSuchEntity", 404)
