"""Hosts of a server that is gone, at another server of its machine."""

from __future__ import annotations

import asyncio
import fcntl
import json
import time
from pathlib import Path

import pytest

from clary.compute.backend import LOST
from clary.compute.backends.process import ProcessBackend
from clary.server.homes import KIND, Homes
from clary.server.state import StateFolder
from clary.store.database import Database
from clary.store.records import Records


class Machine:
    """Two folders of servers, and what the second one makes of the first one's hosts."""

    def __init__(self, folder: Path) -> None:
        self.records = Records(Database.at(folder / "clary.db"), time.time)
        self.states = [StateFolder(folder / name) for name in ("one", "two")]
        self.homes = []
        for state in self.states:
            state.prepare()
            self.homes.append(Homes(state, self.records))
            self.homes[-1].announce()
        self.one, self.two = (state.server_name() for state in self.states)
        self.backend = ProcessBackend(self.states[1].hosts, others=self.homes[1])

    def host(self, host_id: str) -> Path:
        folder = self.states[0].hosts / host_id
        folder.mkdir()
        (folder / "agent.lock").touch()
        return folder


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_their_handles_say_where_they_are(machine: Machine) -> None:
    machine.host("job-1")
    gone = {"Name": machine.one}

    assert machine.homes[1].adopted("job-1", gone) == f"job-1@{machine.one}"
    assert machine.homes[1].adopted("on-a-node", gone) == "on-a-node"
    assert machine.homes[1].adopted("job-1@third", gone) == "job-1@third", (
        "of one that it had taken over itself"
    )


def test_a_folder_on_another_machine_or_of_another_server_is_out_of_reach(machine: Machine) -> None:
    machine.host("job-1")
    machine.records.update(KIND, machine.one, {"Machine": "another"})
    assert machine.homes[1].adopted("job-1", {"Name": machine.one}) == "job-1"

    machine.homes[0].announce()
    (machine.states[0].home / "server.id").write_text("made anew")
    assert machine.homes[1].adopted("job-1", {"Name": machine.one}) == "job-1"
    assert asyncio.run(machine.backend.poll(f"job-1@{machine.one}")) == LOST


def test_they_are_polled_and_removed_as_its_own(machine: Machine) -> None:
    folder, handle = machine.host("job-1"), f"job-1@{machine.one}"
    with (folder / "agent.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert asyncio.run(machine.backend.poll(handle)) is None
        assert machine.backend.has(handle)
    (folder / "exit.json").write_text(json.dumps({"ExitCode": 3}))
    (folder / "agent.log").write_text("last words\n")

    assert asyncio.run(machine.backend.poll(handle)) == 3
    assert asyncio.run(machine.backend.last_words(handle)) == "last words"
    assert machine.homes[1].in_use() == {machine.one: machine.states[0].home}
    asyncio.run(machine.backend.forget(handle))
    assert not folder.exists()
    assert asyncio.run(machine.backend.handles()) == [], "only its own are listed"


def test_a_host_whose_start_was_not_written_down_is_not_started_twice(machine: Machine) -> None:
    folder = machine.host("job-1")
    (folder / "exit.json").write_text(json.dumps({"ExitCode": 0}))

    handle = asyncio.run(machine.backend.launch_text("job-1", "{}"))

    assert handle == f"job-1@{machine.one}"
    assert list(machine.states[1].hosts.iterdir()) == []


def test_a_server_that_is_back_knows_its_own_hosts_by_both_handles(machine: Machine) -> None:
    folder = machine.host("job-1")
    (folder / "exit.json").write_text(json.dumps({"ExitCode": 0}))
    backend = ProcessBackend(machine.states[0].hosts, others=machine.homes[0])

    assert asyncio.run(backend.poll("job-1")) == 0
    assert asyncio.run(backend.poll(f"job-1@{machine.one}")) == 0
    assert machine.homes[0].in_use() == {}
