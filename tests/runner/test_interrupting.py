"""Managed spot training in the loop: it gives way to other jobs, and starts again after them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from tests.runner.test_loop import NOW, Hosts, add_processing, add_training, backend, hosts_of, run_until
from tests.runner.test_loop import ctx as ctx

from clary.compute.backend import ENDED
from clary.domain.hosts import HostReport, Outcome
from clary.runner.context import RunnerContext

SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 3600},
}


class Obedient(Hosts):
    """Hosts that end when they are asked to."""

    async def poll(self, handle: str) -> int | None:
        return ENDED if handle in self.over else await super().poll(handle)


class Lingering(Hosts):
    """Hosts that go on for a while after their last report, and are not removed before they end."""

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: list[str] = []

    async def stop(self, handle: str) -> None:
        """They end by themselves."""

    async def forget(self, handle: str) -> None:
        if handle not in self.running:
            self.forgotten.append(handle)


@pytest.fixture
def obedient(ctx: RunnerContext) -> RunnerContext:
    return replace(ctx, backend=Obedient())


def secondary(ctx: RunnerContext, name: str) -> list[str]:
    steps = ctx.records.get("training-job", name)["SecondaryStatusTransitions"]
    return [step["Status"] for step in steps]


def test_spot_gives_way_to_a_job_that_needs_its_part_and_starts_again_after_it(
    obedient: RunnerContext,
) -> None:
    ctx = obedient
    add_training(ctx, "cheap", **SPOT)
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "cheap")))
    add_processing(ctx, "urgent")

    run_until(ctx, lambda: bool(hosts_of(ctx, "processing-job", "urgent")))

    assert secondary(ctx, "cheap") == ["Starting", "Interrupted", "Starting"]
    steps = ctx.records.get("training-job", "cheap")["SecondaryStatusTransitions"]
    assert "processing-job urgent needs its part of the machine" in steps[1]["StatusMessage"]
    assert not hosts_of(ctx, "training-job", "cheap")
    [running] = backend(ctx).running
    del backend(ctx).running[running]
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "cheap")))
    assert backend(ctx).launched[0] != backend(ctx).launched[-1]
    assert backend(ctx).launched[-1].split("-")[-3:] == ["1", "algo", "1"], "the second attempt"


def test_spot_does_not_give_way_to_spot(obedient: RunnerContext) -> None:
    ctx = obedient
    add_training(ctx, "one", **SPOT)
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "one")))
    add_training(ctx, "two", **SPOT)

    def waits() -> bool:
        steps = ctx.records.get("training-job", "two")["SecondaryStatusTransitions"]
        return bool(steps[-1]["StatusMessage"] == "Waiting for capacity")

    run_until(ctx, waits)

    assert secondary(ctx, "one") == ["Starting"]


def test_an_interruption_outlives_the_server(obedient: RunnerContext) -> None:
    ctx = obedient
    add_training(ctx, "cheap", **SPOT)
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "cheap")))
    asked = {"At": NOW, "Reason": "a test asked for it", "Attempt": 0}
    ctx.records.update("training-job", "cheap", {"_Interruption": asked})

    # The next server finds the wish, and the machine free for the next attempt.
    run_until(ctx, lambda: len(backend(ctx).launched) == 2)

    assert secondary(ctx, "cheap")[:3] == ["Starting", "Interrupted", "Starting"]


def test_a_host_of_the_attempt_before_is_removed_when_it_has_ended(ctx: RunnerContext) -> None:
    hosts = Lingering()
    ctx = replace(ctx, backend=hosts)
    add_training(ctx, "cheap", **SPOT)
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "cheap")))
    [first] = hosts.launched
    report = HostReport((("Done", NOW),), Outcome.STOPPED).to_document()
    ctx.records.update("training-job", "cheap", {"_Reports": {"algo-1": report}})

    def removed() -> bool:
        if len(hosts.launched) == 2:
            hosts.running.pop(first, None)
        return first in hosts.forgotten

    run_until(ctx, removed)

    assert [handle for handle in hosts.running if handle != first] == hosts.launched[1:]


def test_the_wait_ends_without_anybody_waking_the_job(ctx: RunnerContext) -> None:
    late: dict[str, Any] = {**SPOT, "CreationTime": NOW - 3599.5}
    began = time.monotonic()
    ctx = replace(ctx, now=lambda: NOW + time.monotonic() - began)
    ctx.capacity.adopt("training-job/other", [ctx.capacity.size])
    add_training(ctx, "cheap", **late)

    run_until(ctx, lambda: secondary(ctx, "cheap")[-1] == "MaxWaitTimeExceeded")

    assert ctx.records.get("training-job", "cheap")["TrainingJobStatus"] == "Stopped"
