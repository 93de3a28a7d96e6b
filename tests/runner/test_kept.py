"""Warm pools in the loop: the part of the machine and the ended hosts stay, and go to a job that matches."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.runner.test_loop import NOW, add_processing, add_training, backend, hosts_of, run_until
from tests.runner.test_loop import ctx as ctx

from clary.domain.hosts import HostReport, Outcome, Phase, TrainingSpec
from clary.kinds.catalogue import all_kinds
from clary.runner.context import RunnerContext
from clary.runner.job import Job
from clary.runner.kept import ELSEWHERE_S, KeptHosts
from clary.runner.servers import Servers
from clary.store.paging import ListQuery

POOLED: dict[str, Any] = {
    "ResourceConfig": {
        "InstanceType": "ml.m5.large",
        "InstanceCount": 1,
        "VolumeSizeInGB": 1,
        "KeepAlivePeriodInSeconds": 600,
    }
}


def ends(ctx: RunnerContext, name: str) -> None:
    """Lets the host of a running job report its end, and end."""
    handle = hosts_of(ctx, "training-job", name)["algo-1"]
    report = HostReport(((Phase.TRAINING, NOW), (Phase.DONE, NOW)), Outcome.SUCCEEDED).to_document()
    ctx.records.update("training-job", name, {"_Reports": {"algo-1": report}})
    del backend(ctx).running[handle]
    backend(ctx).over.add(handle)


def pool_of(ctx: RunnerContext, name: str) -> dict[str, Any]:
    found: dict[str, Any] = ctx.records.get("training-job", name).get("WarmPoolStatus", {})
    return found


def runs(ctx: RunnerContext, name: str) -> bool:
    return bool(hosts_of(ctx, "training-job", name))


def make_pool(ctx: RunnerContext, name: str) -> str:
    """Runs a job that keeps its hosts; returns the handle of its ended host."""
    add_training(ctx, name, **POOLED)
    run_until(ctx, lambda: runs(ctx, name))
    handle = hosts_of(ctx, "training-job", name)["algo-1"]
    ends(ctx, name)
    run_until(ctx, lambda: pool_of(ctx, name).get("Status") == "Available")
    return handle


def test_a_pool_keeps_its_part_of_the_machine_and_its_ended_hosts(ctx: RunnerContext) -> None:
    kept = make_pool(ctx, "first")
    add_processing(ctx, "other")

    def waits() -> bool:
        return "ExitMessage" in ctx.records.get("processing-job", "other")

    run_until(ctx, waits)

    said = ctx.records.get("processing-job", "other")["ExitMessage"]
    assert said == "Waiting for capacity; the warm pool of first keeps a part of the machine"
    assert backend(ctx).over == {kept}
    assert ctx.capacity.taken()[1] == 1


def test_a_job_that_matches_takes_it_before_all_that_wait(ctx: RunnerContext) -> None:
    kept = make_pool(ctx, "first")
    add_processing(ctx, "waits", CreationTime=NOW + 1)
    add_training(ctx, "next", **POOLED, CreationTime=NOW + 2)

    run_until(ctx, lambda: runs(ctx, "next"))

    assert pool_of(ctx, "first") == {
        "Status": "Reused",
        "ResourceRetainedBillableTimeInSeconds": 0,
        "ReusedByJob": "next",
    }
    [spec] = backend(ctx).running.values()
    assert isinstance(spec.workload, TrainingSpec)
    assert (spec.workload.has_cache, spec.workload.cache_from) == (True, kept)
    # It is there until the next job has ended, which may take its cache at any time.
    assert kept in backend(ctx).over
    assert not hosts_of(ctx, "processing-job", "waits")
    assert ctx.capacity.taken()[1] == 1


def test_a_job_that_waits_already_takes_it_when_it_is_offered(ctx: RunnerContext) -> None:
    add_training(ctx, "first", **POOLED)
    run_until(ctx, lambda: runs(ctx, "first"))
    add_processing(ctx, "waits", CreationTime=NOW + 1)
    plain = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    add_training(ctx, "next", ResourceConfig=plain, CreationTime=NOW + 2)
    ends(ctx, "first")

    run_until(ctx, lambda: runs(ctx, "next"))
    ends(ctx, "next")
    run_until(ctx, lambda: bool(hosts_of(ctx, "processing-job", "waits")) and not backend(ctx).over)

    assert pool_of(ctx, "first")["ReusedByJob"] == "next"
    assert pool_of(ctx, "next") == {}, "it asked for no period, so the pool is over with it"


def test_the_end_of_the_period_frees_the_machine_and_the_hosts(ctx: RunnerContext) -> None:
    make_pool(ctx, "first")
    add_processing(ctx, "other")
    short = {**POOLED["ResourceConfig"], "KeepAlivePeriodInSeconds": 0}
    ctx.records.update("training-job", "first", {"ResourceConfig": short})

    run_until(ctx, lambda: bool(hosts_of(ctx, "processing-job", "other")) and not backend(ctx).over)

    assert pool_of(ctx, "first")["Status"] == "Terminated"
    assert not list(ctx.records.each("clary-kept"))


def test_a_pool_goes_from_job_to_job(ctx: RunnerContext) -> None:
    first = make_pool(ctx, "first")
    second = make_pool(ctx, "second")

    assert pool_of(ctx, "first")["ReusedByJob"] == "second"
    assert backend(ctx).over == {first, second}
    # What the second had taken is removed with its own turn.
    third = make_pool(ctx, "third")
    run_until(ctx, lambda: backend(ctx).over == {second, third})


def test_pools_are_listed_by_their_status(ctx: RunnerContext) -> None:
    make_pool(ctx, "first")
    make_pool(ctx, "second")

    def listed(status: str) -> list[str]:
        query = ListQuery("training-job", members=(("_WarmPool", status),))
        return [record["TrainingJobName"] for record in ctx.records.page(query, limit=10).documents]

    assert (listed("Available"), listed("Reused"), listed("Terminated")) == (["second"], ["first"], [])


@pytest.mark.parametrize(
    ("server", "age_s", "wishes", "left"),
    [
        ("one", 0.0, POOLED, True),
        ("one", ELSEWHERE_S + 1, POOLED, False),
        ("two", 0.0, POOLED, False),
        ("one", 0.0, {"ResourceConfig": {**POOLED["ResourceConfig"], "VolumeSizeInGB": 2}}, False),
    ],
    ids=["its own", "it does not take it", "of this server", "another size"],
)
def test_a_new_job_is_left_to_the_server_that_keeps_what_it_matches(
    ctx: RunnerContext, server: str, age_s: float, wishes: dict[str, Any], left: bool
) -> None:
    make_pool(ctx, "first")
    ctx.records.update("training-job", "first", {"_Server": server})
    add_training(ctx, "next", **wishes, CreationTime=ctx.now() - age_s)
    two = replace(ctx, server="two")
    job = Job(all_kinds()["training-job"], "next")

    kept = KeptHosts(two, Servers(two), lambda job, to: None)
    may_start = asyncio.run(kept.take(job, ctx.records.get("training-job", "next"), "owner"))

    assert may_start is not left
    assert "_Server" not in ctx.records.get("training-job", "next")
