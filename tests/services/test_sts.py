from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.services.access.world import ACCOUNT, World, allow, policy, trusting

from clary.domain.errors import BadRequest, Denied
from clary.domain.identity import PrincipalKind
from clary.services import sts
from clary.services.iam import policy as managed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.domain.identity import Caller

OBJECT = "arn:aws:s3:::b/k"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.database.close()


def assume(world: World, arn: str, caller: Caller | None = None, **more: Any) -> dict[str, Any]:
    return sts.assume_role(world.context(caller), {"RoleArn": arn, "RoleSessionName": "s", **more})


def caller_of(world: World, answer: dict[str, Any]) -> Caller:
    credentials = answer["Credentials"]
    return world.keyring.resolve(credentials["AccessKeyId"], credentials["SessionToken"], world.now)[1]


def test_a_caller_is_told_who_it_is(world: World) -> None:
    ada = world.user("ada")

    assert sts.get_caller_identity(world.context(ada), {}) == {
        "UserId": ada.principal_id,
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/ada",
    }


def test_an_assumed_role_is_the_caller(world: World) -> None:
    arn = world.role("Runner", allow("s3:*"))

    answer = assume(world, arn)

    caller = caller_of(world, answer)
    assert caller.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Runner/s" == answer["AssumedRoleUser"]["Arn"]
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == caller.principal_id
    assert answer["Credentials"]["Expiration"] == world.now + 3_600
    assert world.may(caller, "s3:GetObject", OBJECT)


def test_a_missing_role_can_not_be_assumed(world: World) -> None:
    with pytest.raises(Denied, match="sts:AssumeRole"):
        assume(world, f"arn:aws:iam::{ACCOUNT}:role/Nobody")


def test_a_duration_is_bounded_by_the_role(world: World) -> None:
    arn = world.role("Runner")

    with pytest.raises(BadRequest, match="MaxSessionDuration") as error:
        assume(world, arn, DurationSeconds=3_601)

    assert error.value.code == "ValidationError"


def test_a_chained_session_lasts_an_hour_at_most(world: World) -> None:
    first, second = world.role("First"), world.role("Second", trust=trusting(AWS=ACCOUNT))
    world.records.update("iam-role", "second", {"MaxSessionDuration": 43_200})
    chained = caller_of(world, assume(world, first))

    with pytest.raises(BadRequest, match="role chaining"):
        assume(world, second, chained, DurationSeconds=3_601)
    assert assume(world, second, chained, DurationSeconds=3_600)


def test_a_session_policy_narrows_the_session(world: World) -> None:
    arn = world.role("Runner", allow("s3:*"))

    answer = assume(world, arn, Policy=policy(allow("s3:GetObject")))

    caller = caller_of(world, answer)
    assert world.may(caller, "s3:GetObject", OBJECT)
    assert not world.may(caller, "s3:PutObject", OBJECT)
    assert 0 < answer["PackedPolicySize"] <= 100


def test_session_policies_add_up(world: World) -> None:
    arn = world.role("Runner", allow("*"))
    made = managed.create_policy(
        world.context(), {"PolicyName": "m", "PolicyDocument": policy(allow("s3:PutObject", Sid="a"))}
    )

    answer = assume(
        world,
        arn,
        Policy=policy(allow("s3:GetObject", Sid="a")),
        PolicyArns=[{"arn": made["Policy"]["Arn"]}, {"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}],
    )

    caller = caller_of(world, answer)
    assert world.may(caller, "s3:GetObject", OBJECT)
    assert world.may(caller, "s3:PutObject", OBJECT)
    assert world.may(caller, "iam:GetRole", arn)
    assert not world.may(caller, "s3:DeleteObject", OBJECT)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}]}, "MalformedPolicyDocument"),
        ({"Policy": policy(allow(*[f"s3:Get{i}" for i in range(300)]))}, "PackedPolicyTooLarge"),
    ],
)
def test_a_bad_session_policy_is_refused(world: World, more: dict[str, Any], code: str) -> None:
    arn = world.role("Runner")

    with pytest.raises(BadRequest) as error:
        assume(world, arn, **more)

    assert error.value.code == code


def test_a_users_session_is_the_user(world: World) -> None:
    ada = world.user("ada", allow("s3:GetObject"))

    answer = sts.get_session_token(world.context(ada), {"DurationSeconds": 900})

    session = caller_of(world, answer)
    assert (session.kind, session.arn, session.principal_id) == (
        PrincipalKind.USER,
        ada.arn,
        ada.principal_id,
    )
    assert world.may(session, "s3:GetObject", OBJECT)
    assert answer["Credentials"]["Expiration"] == world.now + 900


def test_a_session_gets_no_session(world: World) -> None:
    world.role("Runner")
    ada = caller_of(world, sts.get_session_token(world.context(world.user("ada")), {}))

    for caller in (ada, world.session("Runner")):
        with pytest.raises(Denied, match="GetSessionToken"):
            sts.get_session_token(world.context(caller), {})


def test_roots_session_is_root_for_an_hour(world: World) -> None:
    answer = sts.get_session_token(world.context(), {"DurationSeconds": 129_600})

    assert caller_of(world, answer).kind is PrincipalKind.ROOT
    assert answer["Credentials"]["Expiration"] == world.now + 3_600


def test_a_key_is_of_this_account(world: World) -> None:
    ada = world.user("ada")

    assert sts.get_access_key_info(world.context(), {"AccessKeyId": ada.access_key_id}) == {
        "Account": ACCOUNT
    }
    with pytest.raises(BadRequest, match="AKIAXXXXXXXXXXXXXXXX"):
        sts.get_access_key_info(world.context(), {"AccessKeyId": "AKIAXXXXXXXXXXXXXXXX"})
