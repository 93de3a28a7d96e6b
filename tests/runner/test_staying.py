"""Hosts that are to stay: when each is started again. Pure functions, no host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clary.kinds.cluster import Cluster
from clary.kinds.decision import Decision, Desired, HostSeen
from clary.kinds.hosts import ClusterHost
from clary.kinds.kind import Kind
from clary.runner.desired_hosts import missing, unwanted
from clary.runner.staying import CALM_S, LONGEST_PAUSE_S, with_restarts

NOW = 1_790_000_000.0
FOR_EVER = Decision(hosts=Desired.FOR_EVER)


def unused(*_: Any, **__: Any) -> Any:
    raise AssertionError("not called")


def hosts(record: dict[str, Any]) -> list[ClusterHost]:
    count = record["HostCount"]
    return [ClusterHost(f"algo-{rank + 1}", "ml.m5.large", "all", rank, count) for rank in range(count)]


APP = Kind(
    record_kind="app",
    noun="App",
    make=unused,
    next_state=unused,
    cluster=Cluster(
        log_group="/apps", id_prefix="app.", hosts=hosts, image=unused, specs=unused, waiting=unused
    ),
)


def record(**members: Any) -> dict[str, Any]:
    return {"HostCount": 1, "_Hosts": {"algo-1": "handle"}, "_LaunchedAt": {"algo-1": NOW}, **members}


OVER = HostSeen("algo-1", None, exited=True, lost=True)


def step(present: dict[str, Any], now: float, *seen: HostSeen) -> Decision:
    """The decision at a time; its changes are written into the record."""
    decision = with_restarts(APP, present, seen, FOR_EVER, now)
    present.update(decision.changes)
    return decision


def pause_s(present: dict[str, Any]) -> float:
    return float(present["_Falls"]["algo-1"]["At"] - NOW)


def test_a_host_at_work_changes_nothing() -> None:
    assert step(record(), NOW, HostSeen("algo-1", None, exited=False)) == FOR_EVER


def test_a_host_that_ended_is_started_again_after_a_pause() -> None:
    app = record()

    assert step(app, NOW, OVER).restart == ()
    assert step(app, NOW + 0.5, OVER) == FOR_EVER
    assert step(app, NOW + 1.0, OVER).restart == ("algo-1",)
    assert app["_Attempts"] == {"algo-1": 1}


def test_the_pause_doubles_up_to_its_limit() -> None:
    app, pauses = record(), []
    for _ in range(11):
        step(app, NOW, OVER)
        pauses.append(pause_s(app))
        step(app, NOW + pauses[-1], OVER)

    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_the_pause_begins_anew_after_a_long_time_of_work() -> None:
    app = record(_Falls={"algo-1": {"Attempt": 0, "Count": 9, "At": NOW}}, _Attempts={"algo-1": 1})
    app["_LaunchedAt"] = {"algo-1": NOW - CALM_S - 1}

    step(app, NOW, OVER)

    assert pause_s(app) == 1.0


def test_a_host_that_is_not_desired_any_more_is_let_go_and_a_later_one_is_another_start() -> None:
    app = record(HostCount=0)

    assert step(app, NOW, OVER).restart == ("algo-1",)
    assert app["_Attempts"] == {"algo-1": 1}
    assert "_Falls" not in app


@pytest.mark.parametrize("desired", [Desired.NONE, Desired.AS_THEY_ARE, Desired.UNTIL_THEY_END])
def test_other_hosts_are_never_started_again(desired: Desired) -> None:
    decision = Decision(hosts=desired)

    assert with_restarts(APP, record(), [OVER], decision, NOW + 1000) == decision


def test_hosts_that_start_together_start_once_and_those_that_stay_one_by_one() -> None:
    app = record(HostCount=2)
    once = replace(FOR_EVER, hosts=Desired.UNTIL_THEY_END)

    assert missing(APP, app, once) == []
    assert [host.name for host in missing(APP, app | {"_Hosts": {}}, once)] == ["algo-1", "algo-2"]
    assert [host.name for host in missing(APP, app, FOR_EVER)] == ["algo-2"]


@pytest.mark.parametrize(
    ("desired", "asked_to_end"),
    [
        (Desired.NONE, ["algo-1", "algo-2"]),
        (Desired.AS_THEY_ARE, []),
        (Desired.UNTIL_THEY_END, []),
        (Desired.FOR_EVER, ["algo-2"]),
    ],
)
def test_which_hosts_are_asked_to_end(desired: Desired, asked_to_end: list[str]) -> None:
    app = record(_Hosts={"algo-1": "a", "algo-2": "b"})

    assert unwanted(APP, app, Decision(hosts=desired)) == asked_to_end
