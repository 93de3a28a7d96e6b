from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

import pytest
from tests.services.access.world import ACCOUNT, ROOT_KEYS, World

from clary.domain.errors import NotFound, Unauthenticated
from clary.domain.identity import Credentials, PrincipalKind
from clary.services.access.credentials import Keyring
from clary.services.iam import access_key, role, user

if TYPE_CHECKING:
    from clary.domain.identity import Caller


def mint(world: World, name: str, ttl_s: float = 3_600) -> Credentials:
    return world.keyring.mint(
        PrincipalKind.ASSUMED_ROLE,
        name,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/s",
        session_name="s",
        ttl_s=ttl_s,
        session_policy='{"x": 1}',
    )


def resolve(world: World, credentials: Credentials) -> tuple[str, Caller]:
    return world.keyring.resolve(credentials.access_key_id, credentials.session_token, world.now)


def test_the_roots_key_is_the_account(world: World) -> None:
    secret, caller = world.keyring.resolve(ROOT_KEYS.access_key_id, "", world.now)

    assert (secret, caller.kind) == (ROOT_KEYS.secret_access_key, PrincipalKind.ROOT)
    assert caller.arn == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_session_is_who_it_was_made_for(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner")

    secret, caller = resolve(world, minted)

    assert minted.access_key_id.startswith("ASIA")
    assert secret == minted.secret_access_key
    assert caller.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Runner/s"
    assert caller.principal_id.startswith("AROA")
    assert caller.principal_id.endswith(":s")
    assert caller.session_policy == '{"x": 1}'


def test_a_session_survives_a_restart_of_the_server(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner")

    world.keyring = world.new_keyring()

    assert resolve(world, minted)[0] == minted.secret_access_key


def test_a_session_ends_when_it_said(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner", ttl_s=60)
    resolve(world, minted)

    world.now += 60

    with pytest.raises(Unauthenticated, match="expired") as refused:
        resolve(world, minted)
    assert refused.value.code == "ExpiredTokenException"


def test_a_session_ends_with_its_role(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner")
    resolve(world, minted)

    role.delete_role(world.context(), {"RoleName": "Runner"})

    with pytest.raises(Unauthenticated, match="does not exist any more"):
        resolve(world, minted)


def test_a_new_role_of_the_same_name_does_not_revive_a_session(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner")

    role.delete_role(world.context(), {"RoleName": "Runner"})
    world.role("Runner")

    with pytest.raises(Unauthenticated):
        resolve(world, minted)


def test_there_is_no_session_of_a_role_that_does_not_exist(world: World) -> None:
    with pytest.raises(NotFound, match="Nobody"):
        mint(world, "Nobody")


def test_a_token_is_good_with_its_own_key_only(world: World) -> None:
    world.role("Runner")
    one, other = mint(world, "Runner"), mint(world, "Runner")

    with pytest.raises(Unauthenticated):
        world.keyring.resolve(one.access_key_id, other.session_token, world.now)
    with pytest.raises(Unauthenticated):
        world.keyring.resolve(ROOT_KEYS.access_key_id, one.session_token, world.now)


def test_no_changed_token_is_good(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner")
    token = minted.session_token

    for position in range(0, len(token), 7):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(Unauthenticated):
            world.keyring.resolve(minted.access_key_id, changed, world.now)


@pytest.mark.parametrize("token", ["x", "é", "====", "AQ", "A" * 5_000, "\x00"])
def test_nonsense_is_no_token(world: World, token: str) -> None:
    with pytest.raises(Unauthenticated):
        world.keyring.resolve("ASIAXXXXXXXXXXXXXXXX", token, world.now)


def test_a_token_of_another_server_is_not_good(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner")
    world.keyring = Keyring(b"o" * 32, ROOT_KEYS, ACCOUNT, world.records, world.clock)

    with pytest.raises(Unauthenticated):
        resolve(world, minted)


def test_a_sessions_key_needs_its_token(world: World) -> None:
    world.role("Runner")

    with pytest.raises(Unauthenticated, match="session token"):
        world.keyring.resolve(mint(world, "Runner").access_key_id, "", world.now)


def test_a_users_key_is_the_user(world: World) -> None:
    caller = world.user("ada")

    assert caller.kind is PrincipalKind.USER
    assert caller.arn == f"arn:aws:iam::{ACCOUNT}:user/ada"
    assert caller.principal_id.startswith("AIDA")


def test_an_inactive_key_is_refused_at_once(world: World) -> None:
    caller = world.user("ada")

    access_key.update_access_key(
        world.context(), {"UserName": "ada", "AccessKeyId": caller.access_key_id, "Status": "Inactive"}
    )

    with pytest.raises(Unauthenticated, match="inactive"):
        world.keyring.resolve(caller.access_key_id, "", world.now)


def test_a_deleted_key_is_refused_at_once(world: World) -> None:
    caller = world.user("ada")

    access_key.delete_access_key(world.context(), {"UserName": "ada", "AccessKeyId": caller.access_key_id})

    with pytest.raises(Unauthenticated, match="no access key"):
        world.keyring.resolve(caller.access_key_id, "", world.now)


def test_a_key_follows_its_user_to_a_new_name(world: World) -> None:
    caller = world.user("ada")

    user.update_user(world.context(), {"UserName": "ada", "NewUserName": "countess", "NewPath": "/uk/"})

    renamed = world.keyring.resolve(caller.access_key_id, "", world.now)[1]
    assert renamed.arn == f"arn:aws:iam::{ACCOUNT}:user/uk/countess"
    assert renamed.principal_id == caller.principal_id


def test_a_host_needs_no_record(world: World) -> None:
    caller = world.host("job/algo-1")

    assert (caller.kind, caller.name) == (PrincipalKind.HOST, "job/algo-1")


HOSTS = [
    ("digits/algo-1", "training-job", "TrainingJobStatus"),
    ("processing-job/digits/algo-1", "processing-job", "ProcessingJobStatus"),
]


def host_keys(world: World, name: str) -> Credentials:
    days = 400 * 24 * 3600.0
    return world.keyring.mint(PrincipalKind.HOST, name, arn="arn:x", session_name="agent", ttl_s=days)


@pytest.mark.parametrize(("host", "kind", "status"), HOSTS)
@pytest.mark.parametrize("ended", ["Completed", "Failed", "Stopped"])
def test_an_agents_keys_end_with_its_job(world: World, host: str, kind: str, status: str, ended: str) -> None:
    world.job(kind, "digits")
    keys = host_keys(world, host)
    world.records.update(kind, "digits", {status: "Stopping"})
    resolve(world, keys)

    world.records.update(kind, "digits", {status: ended})

    with pytest.raises(Unauthenticated):
        resolve(world, keys)


@pytest.mark.parametrize(("host", "kind", "status"), HOSTS)
def test_an_agents_keys_are_not_those_of_the_next_job_of_that_name(
    world: World, host: str, kind: str, status: str
) -> None:
    world.job(kind, "digits")
    old = host_keys(world, host)
    world.records.delete(kind, "digits")
    with pytest.raises(Unauthenticated):
        resolve(world, old)
    world.now += 1

    world.job(kind, "digits")

    resolve(world, host_keys(world, host))
    with pytest.raises(Unauthenticated, match="does not exist any more"):
        resolve(world, old)


def test_the_agent_of_an_earlier_attempt_is_refused(world: World) -> None:
    """It may still run, on a machine that the platform could not reach for a while."""
    world.job("training-job", "digits")
    evaluation = {"JobCreatedAt": world.records.get("training-job", "digits")["CreationTime"]}
    world.records.insert("rule-evaluation", "digits", {**evaluation, "Evaluators": {"rules-1": {}}})
    first, evaluator = host_keys(world, "digits/algo-1"), host_keys(world, "digits/rules-1")

    world.records.update("training-job", "digits", {"_Attempt": 1})

    with pytest.raises(Unauthenticated):
        resolve(world, first)
    resolve(world, host_keys(world, "digits/algo-1"))
    resolve(world, evaluator)


def test_an_agents_keys_outlive_a_restart_of_the_server(world: World) -> None:
    world.job("training-job", "digits")
    keys = host_keys(world, "digits/algo-1")

    world.keyring = world.new_keyring()

    assert resolve(world, keys)[1].name == "digits/algo-1"


def test_an_evaluator_goes_on_after_its_job_until_it_is_over(world: World) -> None:
    world.job("training-job", "digits")
    job = world.records.get("training-job", "digits")
    evaluation = {"JobCreatedAt": job["CreationTime"], "Evaluators": {"rules-1": {}}}
    world.records.insert("rule-evaluation", "digits", evaluation)
    evaluator, host = host_keys(world, "digits/rules-1"), host_keys(world, "digits/algo-1")

    world.records.update("training-job", "digits", {"TrainingJobStatus": "Completed"})

    resolve(world, evaluator)
    with pytest.raises(Unauthenticated):
        resolve(world, host)
    world.records.update("rule-evaluation", "digits", {"Evaluators": {"rules-1": {"Over": True}}})
    with pytest.raises(Unauthenticated):
        resolve(world, evaluator)


def test_nobody_makes_keys_for_a_host_without_a_job(world: World) -> None:
    with pytest.raises(NotFound):
        host_keys(world, "nothing/algo-1")


def test_a_token_of_an_earlier_version_stays_refused_under_the_new_number(world: World) -> None:
    world.role("Runner")
    minted = mint(world, "Runner")
    raw = bytearray(base64.urlsafe_b64decode(minted.session_token + "=="))
    seal = world.keyring._seal
    old = seal.encrypt(bytes(raw[1:13]), zlib.compress(b'["assumed-role"]'), minted.access_key_id.encode())

    for version in (b"\1", b"\2"):
        token = base64.urlsafe_b64encode(version + bytes(raw[1:13]) + old).decode().rstrip("=")
        with pytest.raises(Unauthenticated, match="not made by this server"):
            world.keyring.resolve(minted.access_key_id, token, world.now)
