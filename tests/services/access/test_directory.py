from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

from tests.services.access.world import World, allow, policy

from clary.services.access.directory import POLICY, ROLE, STALE_AFTER_S, Directory, directory_of
from clary.services.iam import role, role_policy
from clary.store.database import Database
from clary.store.records import Records

if TYPE_CHECKING:
    from pathlib import Path


def test_a_change_is_seen_at_once(world: World) -> None:
    world.role("Runner", allow("s3:*"))
    directory = directory_of(world.records)
    before = directory.identity(ROLE, "Runner")

    role_policy.delete_role_policy(world.context(), {"RoleName": "Runner", "PolicyName": "p"})

    after = directory.identity(ROLE, "Runner")
    assert before is not None
    assert after is not None
    assert (len(before.policies), len(after.policies)) == (1, 0)


def test_a_change_by_another_process_is_seen_soon(world: World) -> None:
    world.role("Runner")
    elapsed_s = 0.0
    directory = Directory(world.records, lambda: elapsed_s)
    assert directory.find(ROLE, "runner") is not None

    Records(world.database, world.clock).delete(ROLE, "runner")
    elapsed_s = STALE_AFTER_S

    assert directory.find(ROLE, "runner") is None


def test_what_did_not_change_is_read_once(world: World) -> None:
    world.role("Runner")
    directory = directory_of(world.records)

    assert directory.identity(ROLE, "Runner") is directory.identity(ROLE, "rUNNER")


def test_an_arn_has_to_be_exactly_right(world: World) -> None:
    arn = world.role("Runner")
    directory = directory_of(world.records)

    assert directory.by_arn(ROLE, arn) is not None
    assert directory.by_arn(ROLE, arn.replace("Runner", "runner")) is None
    assert directory.by_arn(ROLE, arn.replace(":role/", ":role/path/")) is None
    assert directory.by_arn(POLICY, "nonsense") is None


def test_a_boundary_whose_policy_is_gone_bounds_everything(world: World) -> None:
    arn = world.role("Runner", allow("*"))
    world.records.update(ROLE, "runner", {"_boundary": "arn:aws:iam::111122223333:policy/gone"})

    assert not world.may(world.session("Runner"), "iam:GetRole", arn)


def test_an_attached_policy_counts(world: World) -> None:
    world.role("Runner")
    role_policy.attach_role_policy(
        world.context(), {"RoleName": "Runner", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
    )

    assert world.may(world.session("Runner"), "s3:GetObject", "arn:aws:s3:::b/k")
    assert not world.may(world.session("Runner"), "s3:PutObject", "arn:aws:s3:::b/k")


def test_a_directory_goes_with_its_records(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "clary.db")
    records = Records(database, lambda: 0.0)
    gone = weakref.ref(directory_of(records))

    database.close()
    # It tells its records what other servers change, so it has to go too.
    del records, database
    gc.collect()

    assert gone() is None


def test_a_role_that_changes_while_it_is_read_is_not_kept(world: World) -> None:
    world.role("Runner")
    directory = directory_of(world.records)
    changed = policy(allow("s3:*"))

    class ReadsSlowly(Records):
        def find(self, kind: str, name: str) -> dict[str, object] | None:
            found = super().find(kind, name)
            if kind == ROLE and not found["_policies"]:  # type: ignore[index]
                self.update(ROLE, "runner", {"_policies": {"p": changed}})
            return found

    slow = ReadsSlowly(world.database, world.clock)
    directory = directory_of(slow)
    directory.find(ROLE, "Runner")

    seen = directory.find(ROLE, "Runner")
    assert seen is not None
    assert seen["_policies"] == {"p": changed}


def test_a_role_is_found_whatever_its_case(world: World) -> None:
    world.role("Runner")

    assert role.get_role(world.context(), {"RoleName": "RUNNER"})["Role"]["RoleName"] == "Runner"
