"""The life of every kind, as a property: whatever hosts and callers do, it comes to one end."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kinds.examples import NAME, add_prerequisites, make_example
from tests.kinds.made_up_kinds import made_up_kinds
from tests.server.test_one_transaction import AnyMachine

from clary.domain.hosts import HostReport, Outcome, Phase
from clary.kinds.catalogue import all_kinds
from clary.kinds.decision import Decision, Desired, HostSeen, Seen
from clary.kinds.kind import Kind
from clary.runner.desired_hosts import missing, unwanted
from clary.runner.staying import with_restarts
from clary.services.context import Context

Document = dict[str, Any]

with made_up_kinds():
    KINDS = sorted(all_kinds())

BEGAN = 1_790_000_000.0
PHASES = (
    Phase.STARTING,
    Phase.DOWNLOADING,
    Phase.TRAINING,
    Phase.RUNNING,
    Phase.UPLOADING,
    Phase.DONE,
)
OUTCOMES = (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.INTERNAL_ERROR, Outcome.STOPPED, Outcome.MAX_RUNTIME)

EVENTS = st.one_of(
    st.tuples(st.just("phase"), st.integers(1, 4)),
    st.tuples(st.just("ends"), st.integers(1, 4), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("dies"), st.integers(0, 3)),
    st.tuples(st.just("stop")),
    st.tuples(st.just("refused"), st.integers(0, 3)),
    st.tuples(st.just("followed"), st.sampled_from(["hosts", "ends", "gone"])),
    st.tuples(st.just("waits")),
)


@dataclass
class World:
    """A record and its hosts, changed as the loop and the hosts change them."""

    kind: Kind
    record: Document
    followed: dict[tuple[str, str], Document | None]
    hosts: dict[str, HostSeen] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    now: float = BEGAN
    finished: bool = False

    def happens(self, event: tuple[Any, ...]) -> None:
        self.now += 1.0
        names = sorted(self.hosts)
        if event[0] in ("phase", "ends", "dies") and names:
            name = names[event[1] % len(names)]
            if not self.hosts[name].exited:
                self.hosts[name] = self._changed(self.hosts[name], event)
        elif event[0] == "stop" and self.kind.stopping in self.kind.unfinished:
            self.record.setdefault("_StopRequestedAt", self.now)
            self.record[self.kind.status_member] = self.kind.stopping
        elif event[0] == "refused" and self.kind.cluster is not None:
            waiting = [
                host.name for host in missing(self.kind, self.record, Decision(hosts=Desired.FOR_EVER))
            ]
            if waiting:
                self.refused[waiting[event[1] % len(waiting)]] = "ClientError: no such image"
        elif event[0] == "followed":
            self.followed = {key: _followed(key, record, event[1]) for key, record in self.followed.items()}

    def look(self) -> None:
        """One step of the loop. Checks the promises of ``next_state``."""
        for key in self.kind.follows(self.record):
            self.followed.setdefault(key, _begun(key))
        seen = Seen(list(self.hosts.values()), self.refused, self.followed)
        before = copy.deepcopy((self.record, seen))
        decision = self.kind.next_state(self.record, seen, self.now)
        assert (self.record, seen) == before, "next_state changed what it was given"
        again = self.kind.next_state(self.record, seen, self.now)
        assert (again.changes, again.status, again.hosts) == (
            decision.changes,
            decision.status,
            decision.hosts,
        )
        orjson.dumps(decision.changes)
        if self.kind.cluster is not None:
            decision = with_restarts(self.kind, self.record, seen.hosts, decision, self.now)
        self._apply(decision)

    def _apply(self, decision: Decision) -> None:
        for name in unwanted(self.kind, self.record, decision):
            if not self.hosts[name].exited:
                self.hosts[name] = self._changed(self.hosts[name], ("ends", 1, Outcome.STOPPED))
        times = _times(self.record)
        self.record.update(decision.changes)
        for member, value in _times(self.record).items():
            assert value >= times.get(member, 0.0), f"{member} went back"
        steps = [step["StartTime"] for step in self.record.get("SecondaryStatusTransitions", ())]
        assert steps == sorted(steps), "a step begins before the one before it"
        status = self.kind.status(self.record)
        assert status in (*self.kind.unfinished, *self.kind.terminal)
        assert decision.status in (None, status), "the status of the list is not that of the record"
        assert decision.finished == (status in self.kind.terminal or decision.delete)
        self.finished = decision.finished
        for name in decision.restart:
            assert self.hosts[name].exited, "a host is started again that is not over"
            del self.hosts[name]
        for host in missing(self.kind, self.record | {"_Hosts": self._handles()}, decision):
            if host.name not in self.refused:
                self.hosts[host.name] = HostSeen(host.name, None, False)
        self.record["_Hosts"] = self._handles()

    def _handles(self) -> dict[str, str]:
        return {name: f"handle-{name}" for name in self.hosts}

    def _changed(self, host: HostSeen, event: tuple[Any, ...]) -> HostSeen:
        if event[0] == "dies":
            return replace(host, exited=True, lost=True, last_words="Killed")
        phases = [(entry["Phase"], entry["At"]) for entry in host.report["Phases"]] if host.report else []
        # Reports come late, and a host's clock may be behind the server's; its own times go forward.
        at = max([self.now - 30.0 * event[1], *(earlier for _, earlier in phases)])
        if event[0] == "phase":
            reached = PHASES[min(len(phases), len(PHASES) - 2)]
            return replace(host, report=HostReport((*phases, (reached, at))).to_document())
        report = HostReport((*phases, (Phase.DONE, at)), event[2], "so it is").to_document()
        return replace(host, report=report, exited=True)


def _begun(key: tuple[str, str]) -> Document:
    kind = all_kinds()[key[0]]
    return {kind.name_member: key[1], kind.status_member: kind.unfinished[0]}


def _followed(key: tuple[str, str], record: Document | None, how: str) -> Document | None:
    if record is None or how == "gone":
        return None
    kind = all_kinds()[key[0]]
    if how == "hosts" and kind.status(record) in kind.unfinished:
        return {**record, "_Hosts": {"algo-1": "handle"}}
    return {**record, kind.status_member: kind.terminal[0]}


def _times(record: Document) -> dict[str, float]:
    found = {member: value for member, value in record.items() if member.endswith("Time")}
    for index, step in enumerate(record.get("SecondaryStatusTransitions", ())):
        found[f"step {index}"] = step["StartTime"]
        found[f"end of step {index}"] = step.get("EndTime", step["StartTime"])
    return found


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, ctx: Context) -> Iterator[World]:
    with made_up_kinds():
        kind = all_kinds()[request.param]
        ctx = replace(ctx, machines=AnyMachine())
        add_prerequisites(ctx)
        record = make_example(ctx, kind.record_kind)
        followed = {key: ctx.records.find(*key) for key in kind.follows(record)}
        yield World(kind, record, followed)


# The record is made once; every example works on a copy of it.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, max_size=25))
def test_whatever_happens_it_comes_to_one_end(world: World, events: list[tuple[Any, ...]]) -> None:
    life = copy.deepcopy(replace(world, kind=None))  # type: ignore[arg-type]
    life.kind = world.kind

    for event in events:
        life.look()
        if life.finished:
            return
        life.happens(event)
    # A caller wants its end, and everything that runs ends: within a few looks it is over.
    for event in (("followed", "ends"), ("stop",)):
        life.happens(event)
    for _ in range(12):
        life.look()
        if life.finished:
            break
        for index in range(4):
            life.happens(("dies", index))
        life.happens(("followed", "ends"))
    assert life.finished
    assert life.record.get(life.kind.name_member, NAME) == NAME
