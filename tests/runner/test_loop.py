"""The loop, with real records and a backend whose hosts do what the test says."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from clary.compute.capacity import HostSize, Size
from clary.compute.machine_capacity import MachineCapacity
from clary.domain.errors import BadRequest
from clary.domain.hosts import (
    AgentCredentials,
    Endpoint,
    EnvironmentSpec,
    HostName,
    HostReport,
    HostSpec,
    Outcome,
)
from clary.kinds.kind import SavedFiles
from clary.runner.context import ReadyImage, RunnerContext
from clary.runner.job import Job
from clary.runner.loop import Loop
from clary.runner.notifications import Notifier
from clary.runner.tracking import Tracking, TrackingContext
from clary.store.database import Database
from clary.store.lineage import Lineage
from clary.store.links import Links
from clary.store.logs import LogStore
from clary.store.metrics import MetricStore
from clary.store.records import Records
from clary.store.tags import Tags

NOW = 1_790_000_000.0
MACHINE = Size(4, 8 << 30)
PATIENCE_S = 60.0
"""A loaded machine has needed 20 seconds for what takes one. Who waits longer has found a mistake."""


@dataclass
class Hosts:
    """A backend. running: handle to its spec; a host is over when it is not in there any more."""

    running: dict[str, HostSpec] = field(default_factory=dict)
    launched: list[str] = field(default_factory=list)
    over: set[str] = field(default_factory=set)

    async def launch(self, host_id: str, spec: HostSpec, *, node: str = "") -> str:
        self.launched.append(host_id)
        self.running[host_id] = spec
        return host_id

    async def poll(self, handle: str) -> int | None:
        return None if handle in self.running else 0

    async def wait(self, handle: str, patience_s: float) -> int | None:
        return await self.poll(handle)

    async def last_words(self, handle: str) -> str:
        return ""

    async def stop(self, handle: str) -> None:
        self.running.pop(handle, None)
        self.over.add(handle)

    async def forget(self, handle: str) -> None:
        self.over.discard(handle)

    async def handles(self) -> list[str]:
        return sorted({*self.running, *self.over})


class Ready:
    async def ready(self, image_uri: str, on_progress: Callable[[str], None]) -> ReadyImage:
        return ReadyImage(EnvironmentSpec(image_uri, sys.prefix), "", "")


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[RunnerContext]:
    database = Database.at(tmp_path / "clary.db")
    yield RunnerContext(
        account="111122223333",
        region="us-east-1",
        records=Records(database, lambda: NOW),
        tags=Tags(database),
        links=Links(database, lambda: NOW),
        logs=LogStore(database),
        metrics=MetricStore(database),
        machines=cast("Any", None),
        notifier=Notifier(),
        backend=Hosts(),
        capacity=MachineCapacity(MACHINE, 1.0),
        images=Ready(),
        host_size=lambda _type, _count: HostSize(3, 1 << 30, 0),
        agent_credentials=lambda host: AgentCredentials(str(host), "secret", ""),
        endpoint=Endpoint("http://127.0.0.1:1", "us-east-1", "111122223333"),
        begin_trials=lambda _saved, _host: [],
        end_trials=lambda _job, _host: [],
        now=lambda: NOW,
    )
    database.close()


def loop_of(ctx: RunnerContext) -> Loop:
    lineage = Lineage(ctx.records, ctx.links, ctx.region, ctx.account)
    return Loop(ctx, Tracking(TrackingContext(ctx.records, ctx.links, lineage, ctx.region, ctx.account)))


def add_training(ctx: RunnerContext, name: str, **members: Any) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:training-job/{name}"
    record = {
        "TrainingJobName": name,
        "TrainingJobArn": arn,
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": NOW, "StatusMessage": ""}],
        "AlgorithmSpecification": {"TrainingImage": "python:3.11", "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::111122223333:role/Worker",
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "CreationTime": NOW,
        **members,
    }
    ctx.records.insert("training-job", name, record, arn=arn, status="InProgress")


def add_processing(ctx: RunnerContext, name: str, **members: Any) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:processing-job/{name}"
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    record = {
        "ProcessingJobName": name,
        "ProcessingJobArn": arn,
        "ProcessingJobStatus": "InProgress",
        "AppSpecification": {"ImageUri": "python:3.11", "ContainerEntrypoint": ["true"]},
        "RoleArn": "arn:aws:iam::111122223333:role/Worker",
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "CreationTime": NOW + 1,
        **members,
    }
    ctx.records.insert("processing-job", name, record, arn=arn, status="InProgress")


def run_until(ctx: RunnerContext, reached: Callable[[], bool]) -> None:
    """Runs the loop until what the test waits for has come."""

    async def run() -> None:
        task = asyncio.create_task(loop_of(ctx).run())
        async with asyncio.timeout(PATIENCE_S):
            while not reached():
                await asyncio.wait({task}, timeout=0.01)
        task.cancel()

    asyncio.run(run())


def hosts_of(ctx: RunnerContext, kind: str, name: str) -> dict[str, str]:
    found: dict[str, str] = ctx.records.get(kind, name).get("_Hosts", {})
    return found


def backend(ctx: RunnerContext) -> Hosts:
    assert isinstance(ctx.backend, Hosts)
    return ctx.backend


def test_jobs_of_two_kinds_and_one_name_share_nothing(ctx: RunnerContext) -> None:
    ctx.capacity.cpu_overcommit = 2.0
    add_training(ctx, "digits")
    add_processing(ctx, "digits")

    run_until(ctx, lambda: len(backend(ctx).running) == 2 and bool(hosts_of(ctx, "processing-job", "digits")))

    specs = backend(ctx).running
    assert {spec.agent_credentials.access_key_id for spec in specs.values()} == {
        "digits/algo-1",
        "processing-job/digits/algo-1",
    }
    assert hosts_of(ctx, "training-job", "digits") != hosts_of(ctx, "processing-job", "digits")
    assert {spec.log_group for spec in specs.values()} == {
        "/aws/sagemaker/TrainingJobs",
        "/aws/sagemaker/ProcessingJobs",
    }


@pytest.mark.parametrize("name", ["second", "first"])
def test_both_kinds_wait_in_one_queue(ctx: RunnerContext, name: str) -> None:
    add_training(ctx, "first")
    add_processing(ctx, name)

    run_until(
        ctx,
        lambda: (
            bool(hosts_of(ctx, "training-job", "first"))
            and "ExitMessage" in ctx.records.get("processing-job", name)
        ),
    )

    assert ctx.records.get("processing-job", name)["ExitMessage"] == "Waiting for capacity"
    assert not hosts_of(ctx, "processing-job", name)


def test_the_end_of_a_job_of_one_kind_is_the_turn_of_one_of_the_other(ctx: RunnerContext) -> None:
    add_training(ctx, "first")
    add_processing(ctx, "second")
    run_until(ctx, lambda: "ExitMessage" in ctx.records.get("processing-job", "second"))
    for handle in list(backend(ctx).running):
        del backend(ctx).running[handle]

    run_until(ctx, lambda: bool(hosts_of(ctx, "processing-job", "second")))

    assert ctx.records.get("training-job", "first")["TrainingJobStatus"] == "Failed"
    assert ctx.records.get("processing-job", "second")["ExitMessage"] is None


def test_running_hosts_are_found_again_and_those_left_behind_are_ended(ctx: RunnerContext) -> None:
    add_processing(ctx, "digits")
    run_until(ctx, lambda: bool(hosts_of(ctx, "processing-job", "digits")))
    kept = hosts_of(ctx, "processing-job", "digits")["algo-1"]
    spec = backend(ctx).running[kept]
    left = {"processing.gone-12345678-0-algo-1": spec, "digits-12345678-0-algo-1": spec}
    backend(ctx).running.update(left)

    run_until(ctx, lambda: not left.keys() & {*backend(ctx).running, *backend(ctx).over})

    assert list(backend(ctx).running) == [kept]
    assert backend(ctx).launched == [kept]


def test_hosts_of_a_job_whose_name_begins_alike_are_told_apart(ctx: RunnerContext) -> None:
    add_training(ctx, "digits")
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "digits")))
    kept = hosts_of(ctx, "training-job", "digits")["algo-1"]
    spec = backend(ctx).running[kept]
    left = {kept.replace("digits-", "digits-2-"): spec, kept.replace("-0-algo", "-7-algo"): spec}
    backend(ctx).running.update(left)

    run_until(ctx, lambda: not left.keys() & {*backend(ctx).running, *backend(ctx).over})

    assert list(backend(ctx).running) == [kept]


def test_a_start_that_was_not_written_down_is_made_again_under_the_same_name(ctx: RunnerContext) -> None:
    add_processing(ctx, "digits")
    run_until(ctx, lambda: bool(hosts_of(ctx, "processing-job", "digits")))
    ctx.records.update("processing-job", "digits", {"_Hosts": {}})
    ctx.capacity.leave("processing-job/digits")

    run_until(ctx, lambda: bool(hosts_of(ctx, "processing-job", "digits")))

    first, again = backend(ctx).launched
    assert first == again


def test_the_trial_is_ended_before_the_last_status_and_not_before_another_attempt(ctx: RunnerContext) -> None:
    seen: list[tuple[str, str, int]] = []

    def end_trials(_job: dict[str, Any], host: HostName) -> list[str]:
        record = ctx.records.get("training-job", "digits")
        seen.append((str(host), record["TrainingJobStatus"], record.get("_Attempt", 0)))
        return []

    ctx = replace(ctx, end_trials=end_trials)
    hook = {"S3OutputPath": "s3://bucket/tensors"}
    add_training(ctx, "digits", DebugHookConfig=hook, RetryStrategy={"MaximumRetryAttempts": 1})
    for attempt in range(2):
        run_until(ctx, lambda attempt=attempt: len(backend(ctx).launched) == attempt + 1)
        run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "digits")))
        backend(ctx).running.clear()

    run_until(ctx, lambda: ctx.records.get("training-job", "digits")["TrainingJobStatus"] == "Failed")

    assert seen == [("digits/algo-1", "InProgress", 1)]


def test_what_an_earlier_job_of_the_name_has_left_goes_before_a_host_starts(ctx: RunnerContext) -> None:
    seen: list[tuple[str, str, int]] = []

    def begin_trials(saved: SavedFiles, host: HostName) -> list[str]:
        seen.append((saved.tensors, str(host), len(backend(ctx).launched)))
        return ["a mark was left"]

    ctx = replace(ctx, begin_trials=begin_trials)
    add_training(ctx, "digits", DebugHookConfig={"S3OutputPath": "s3://bucket/tensors"})

    run_until(ctx, lambda: bool(backend(ctx).launched))

    assert seen == [("s3://bucket/tensors/digits/debug-output", "digits/algo-1", 0)]
    lines = ctx.logs.read("/aws/sagemaker/TrainingJobs", f"digits/algo-1-{round(NOW * 1000)}")
    assert [event.message for event in lines] == ["a mark was left"]
    assert [spec.log_position for spec in backend(ctx).running.values()] == [1]


def test_an_empty_capture_is_said_in_the_log_of_a_job_that_completed(ctx: RunnerContext) -> None:
    ctx = replace(ctx, end_trials=lambda _job, _host: ["nothing was saved"])
    add_training(ctx, "digits", DebugHookConfig={"S3OutputPath": "s3://bucket/tensors"})
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "digits")))
    report = HostReport((("Done", NOW),), Outcome.SUCCEEDED).to_document()
    ctx.records.update("training-job", "digits", {"_Reports": {"algo-1": report}})
    backend(ctx).running.clear()

    run_until(ctx, lambda: ctx.records.get("training-job", "digits")["TrainingJobStatus"] == "Completed")

    lines = ctx.logs.read("/aws/sagemaker/TrainingJobs", f"digits/algo-1-{round(NOW * 1000)}")
    assert [event.message for event in lines] == ["nothing was saved"]


def test_an_agent_that_has_reported_its_end_is_not_asked_to_end(
    ctx: RunnerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_training(ctx, "digits")
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "digits")))
    (handle,) = hosts_of(ctx, "training-job", "digits").values()
    statuses: list[str] = []

    async def asked(_hosts: Hosts, _handle: str) -> None:
        statuses.append(ctx.records.get("training-job", "digits")["TrainingJobStatus"])
        backend(ctx).running.pop(handle, None)

    monkeypatch.setattr(Hosts, "stop", asked)
    report = HostReport((("Done", NOW),), Outcome.SUCCEEDED).to_document()
    ctx.records.update("training-job", "digits", {"_Reports": {"algo-1": report}})
    run_until(ctx, lambda: handle not in backend(ctx).running)

    # A second later it is, because it is still there.
    assert statuses == ["Completed"]


def test_jobs_run_and_are_tracked_though_tracking_could_not_catch_up(
    ctx: RunnerContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_ctx: TrackingContext) -> list[tuple[str, str]]:
        raise OSError("disk")

    monkeypatch.setattr("clary.runner.tracking.untracked", fails)
    add_training(ctx, "digits")

    run_until(
        ctx, lambda: ctx.records.find("experiment-trial-component", "digits-aws-training-job") is not None
    )

    assert hosts_of(ctx, "training-job", "digits")
    assert "not tracked before the next start" in caplog.text


def test_a_look_at_a_job_in_which_nothing_changes_writes_nothing(
    ctx: RunnerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clary.runner.reconciler.POLL_S", 0.01)
    add_training(ctx, "digits")
    run_until(ctx, lambda: bool(hosts_of(ctx, "training-job", "digits")))
    looks, lease, leases = count_looks(monkeypatch), ctx.records.lease, []

    def counted(kind: str, name: str, **members: Any) -> Any:
        leases.append(name)
        return lease(kind, name, **members)

    monkeypatch.setattr(ctx.records, "lease", counted)
    run_until(ctx, lambda: len(looks) > 20)

    assert leases == []


WAITING = 300


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the records that the loop looks at."""
    looks: list[str] = []
    advance = Loop._advance

    async def counted(loop: Loop, job: Job) -> bool:
        looks.append(job.name)
        return await advance(loop, job)

    monkeypatch.setattr(Loop, "_advance", counted)
    return looks


def test_jobs_that_wait_are_not_looked_at(ctx: RunnerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(WAITING):
        add_training(ctx, f"job-{number}", CreationTime=NOW + number)
    looks = count_looks(monkeypatch)
    monkeypatch.setattr("clary.runner.reconciler.POLL_S", 0.01)
    monkeypatch.setattr("clary.runner.queue_positions.EVERY_S", 3600.0)
    last = f"job-{WAITING - 1}"

    run_until(ctx, lambda: "asked before" in state_message(ctx, last))
    looks.clear()
    began = time.monotonic()
    run_until(ctx, lambda: time.monotonic() - began > 1.0)

    # Each once after the start, and once more for having heard its place; with a look in every 10 ms there
    # would be 100 of each.
    assert len([name for name in looks if name != "job-0"]) <= 4 * WAITING
    assert state_message(ctx, last) == f"Waiting for capacity: {WAITING - 2} jobs asked before this one"


def test_thousands_that_wait_start_one_after_the_other_in_the_order_of_their_creation(
    ctx: RunnerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clary.runner.reconciler.POLL_S", 3600.0)
    for number in reversed(range(30)):
        add_training(ctx, f"job-{number}", CreationTime=NOW + number)

    def all_have_run() -> bool:
        for handle, spec in list(backend(ctx).running.items()):
            name = spec.agent_credentials.access_key_id.partition("/")[0]
            if hosts_of(ctx, "training-job", name):
                del backend(ctx).running[handle]
                ctx.records.update("training-job", name, {})
        return len(backend(ctx).launched) == 30

    run_until(ctx, all_have_run)

    assert [handle.split("-")[1] for handle in backend(ctx).launched] == [str(number) for number in range(30)]


def test_a_stop_of_a_waiting_job_is_immediate(ctx: RunnerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clary.runner.reconciler.POLL_S", 3600.0)
    for number in range(3):
        add_training(ctx, f"job-{number}", CreationTime=NOW + number)

    def stopped() -> bool:
        record = ctx.records.get("training-job", "job-1")
        if "asked before" in state_message(ctx, "job-2") and "_StopRequestedAt" not in record:
            ctx.records.update("training-job", "job-1", {"_StopRequestedAt": NOW})
        return bool(record["TrainingJobStatus"] == "Stopped")

    run_until(ctx, stopped)

    assert not hosts_of(ctx, "training-job", "job-2")


class Building:
    """Environments that are ready when the test says so, or fail."""

    def __init__(self) -> None:
        self.asked = 0
        self.done = asyncio.Event()
        self.fails = False

    async def ready(self, image_uri: str, on_progress: Callable[[str], None]) -> ReadyImage:
        self.asked += 1
        on_progress("Building: half of it")
        await self.done.wait()
        if self.fails:
            raise BadRequest("no such package")
        return ReadyImage(EnvironmentSpec(image_uri, sys.prefix), "", "")


def test_jobs_that_need_one_environment_wait_for_one_build(ctx: RunnerContext) -> None:
    images = Building()
    ctx = replace(ctx, images=images)
    for name in ("a", "b", "c"):
        add_training(ctx, name)

    def finish() -> bool:
        if state_message(ctx, "a") == "Building: half of it":
            ctx.records.update("training-job", "c", {"_StopRequestedAt": NOW})
        if ctx.records.get("training-job", "c")["TrainingJobStatus"] == "Stopped":
            images.done.set()
        return bool(hosts_of(ctx, "training-job", "a"))

    run_until(ctx, finish)

    assert images.asked == 1


def test_jobs_whose_environment_can_not_be_had_fail_with_the_reason(ctx: RunnerContext) -> None:
    images = Building()
    images.fails = True
    images.done.set()
    ctx = replace(ctx, images=images)
    for name in ("a", "b"):
        add_training(ctx, name)

    run_until(
        ctx,
        lambda: all(ctx.records.get("training-job", name)["TrainingJobStatus"] == "Failed" for name in "ab"),
    )

    assert ctx.records.get("training-job", "b")["FailureReason"] == "ClientError: no such package"


def state_message(ctx: RunnerContext, name: str) -> str:
    return str(ctx.records.get("training-job", name)["SecondaryStatusTransitions"][-1]["StatusMessage"])
