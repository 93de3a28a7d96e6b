from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from clary.kinds.catalogue import all_kinds
from clary.runner.context import RunnerContext
from clary.runner.job import Job, own_handles
from clary.runner.pulse import DEAD_S, Pulse
from clary.runner.servers import SHARED_LEASE_S, Servers
from clary.store.database import Database
from clary.store.records import LeaseLost, Records

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
    pulse: Pulse
    adopted: Callable[[str, dict[str, Any]], str] = lambda handle, server: handle


@dataclass
class World:
    records: Records
    clock: Clock = field(default_factory=Clock)

    def server(self, name: str) -> Servers:
        return Servers(cast("RunnerContext", Context(self.records, name, Pulse(clock=self.clock))))

    def find(self) -> dict[str, Any]:
        return self.records.get("training-job", "a")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock()
    database = Database.at(tmp_path / "clary.db")
    records = Records(database, clock)
    record = {
        "TrainingJobStatus": "InProgress",
        "CreationTime": 1.0,
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    records.insert("training-job", "a", record, status="InProgress")
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

    two._beat()
    while world.clock.now < 1000.0 + DEAD_S:
        assert world.find()["_Server"] == "one"
        world.clock.now += DEAD_S / 12
        two._beat()
    world.clock.now += DEAD_S / 12
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


def test_a_server_that_could_not_look_takes_nobody_for_dead(world: World) -> None:
    one, two = world.server("one"), world.server("two")
    for server in (one, two):
        server._beat()
    lease = one.lease(JOB)
    assert lease is not None
    one.claim(lease)

    world.clock.now += 3600.0  # The database was away, or the machine slept.
    two._beat()
    assert world.find()["_Server"] == "one"

    one._beat()
    world.clock.now += DEAD_S - 1
    two._beat()
    assert world.find()["_Server"] == "one"


def test_a_server_that_others_may_take_for_dead_starts_nothing(world: World) -> None:
    one, two = world.server("one"), world.server("two")
    for server in (two, one):
        server._beat()

    world.clock.now += DEAD_S - 1
    lease = one.lease(JOB)

    assert lease is not None
    with pytest.raises(LeaseLost):
        one.claim(lease)
    one._beat()
    one.claim(lease)
    one.require_acting()


def test_a_server_without_others_goes_on_when_its_database_was_away(world: World) -> None:
    one = world.server("one")
    one._beat()

    world.clock.now += 3600.0

    one.require_acting()


def test_hosts_that_can_be_reached_get_handles_that_say_where_they_are(world: World) -> None:
    one, two = world.server("one"), world.server("two")
    context = cast("Context", two._ctx)
    context.adopted = lambda handle, server: f"{handle} at {server['Home']}"
    one._ctx.pulse.facts = lambda: {"Home": "/home/one"}
    one._beat()
    lease = one.lease(JOB)
    assert lease is not None
    world.records.apply(one.claim(lease), {"_Hosts": {"algo-1": "host"}})

    for _ in range(14):
        two._beat()
        world.clock.now += DEAD_S / 12
    two._beat()

    assert world.find()["_Server"] == "two"
    assert world.find()["_Hosts"] == {"algo-1": "host at /home/one"}


def test_a_start_that_was_not_written_down_is_found(world: World) -> None:
    one, two = world.server("one"), world.server("two")
    cast("Context", two._ctx).adopted = lambda handle, server: f"{handle} there"
    one._beat()
    lease = one.lease(JOB)
    assert lease is not None
    one.claim(lease)

    for _ in range(14):
        two._beat()
        world.clock.now += DEAD_S / 12
    two._beat()

    [handle] = world.find()["_Found"].values()
    assert handle.endswith("-algo-1 there")
    assert handle in own_handles(world.find())
