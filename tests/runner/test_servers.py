from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from clary.kinds.catalogue import all_kinds
from clary.runner.context import RunnerContext
from clary.runner.job import Job
from clary.runner.servers import BEAT_S, DEAD_S, SHARED_LEASE_S, Servers
from clary.store.database import Database
from clary.store.records import Records

KIND = all_kinds()["training-job"]
JOB = Job(KIND, "a")


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Context:
    """What ``Servers`` uses of the runner's context."""

    records: Records
    server: str


@dataclass
class World:
    records: Records
    clock: Clock = field(default_factory=Clock)

    def server(self, name: str) -> Servers:
        return Servers(cast("RunnerContext", Context(self.records, name)))

    def find(self) -> dict[str, Any]:
        return self.records.get("training-job", "a")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock()
    database = Database.at(tmp_path / "clary.db")
    records = Records(database, clock)
    records.insert("training-job", "a", {"TrainingJobStatus": "InProgress"}, status="InProgress")
    yield World(records, clock)
    database.close()


def test_a_record_that_a_server_has_taken_is_left_alone_by_others(world: World) -> None:
    one, two = world.server("one"), world.server("two")
    lease = one.lease(JOB)
    assert lease is not None
    assert two.lease(JOB) is None, "leased"

    one.claim(lease)
    world.clock.now += SHARED_LEASE_S + 1

    assert two.is_elsewhere(world.find())
    assert two.lease(JOB) is None, "taken, though the lease has ended"
    assert one.lease(JOB) is not None


def test_a_server_that_begins_again_has_its_leases_and_no_others_end(world: World) -> None:
    one, two = world.server("one"), world.server("two")
    assert one.lease(JOB) is not None

    world.records.end_leases("two")
    assert two.lease(JOB) is None
    world.records.end_leases("one")
    assert two.lease(JOB) is not None


def test_records_of_a_server_that_is_gone_are_taken_over(world: World) -> None:
    one, two = world.server("one"), world.server("two")
    one._beat()
    lease = one.lease(JOB)
    assert lease is not None
    one.claim(lease)

    while world.clock.now < 1000.0 + DEAD_S:
        two._beat()
        assert world.find()["_Server"] == "one"
        world.clock.now += BEAT_S
    world.clock.now += BEAT_S
    two._beat()

    assert world.find()["_Server"] == "two"
    assert one.is_elsewhere(world.find()), "one that comes back finds out"
    one._beat()
    two._beat()
    assert world.find()["_Server"] == "two"


def test_the_only_server_of_a_database_takes_records_without_writing_so(world: World) -> None:
    alone = world.server("")
    lease = alone.lease(JOB)
    assert lease is not None

    assert alone.claim(lease) is lease
    assert "_Server" not in world.find()
    assert not alone.is_elsewhere({"_Server": "another"})
