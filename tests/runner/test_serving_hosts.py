"""Hosts that serve: their part of the machine, their requests, and the end of their record."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from tests.kinds.endpoint.made import RUNNING, generation, variant
from tests.runner.test_loop import MACHINE, NOW, Hosts, backend, ctx, hosts_of, loop_of, run_until

from clary.compute.capacity import Size
from clary.compute.machine_capacity import MachineCapacity
from clary.runner.context import RunnerContext

__all__ = ["ctx"]

NAME = "digits"


def add_endpoint(ctx: RunnerContext, *generations: dict[str, Any], **members: Any) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/{NAME}"
    status = members.get("EndpointStatus", "Creating")
    record = {
        "EndpointName": NAME,
        "EndpointArn": arn,
        "EndpointConfigName": "config-1",
        "EndpointStatus": status,
        "CreationTime": NOW,
        "_Owner": "arn:aws:iam::111122223333:root",
        "_Generations": list(generations) or [generation(Since=NOW)],
        **members,
    }
    ctx.records.insert("endpoint", NAME, record, arn=arn, status=status)


def status(ctx: RunnerContext) -> str:
    found = ctx.records.find("endpoint", NAME)
    return "" if found is None else str(found["EndpointStatus"])


def serve(ctx: RunnerContext) -> None:
    hosts = hosts_of(ctx, "endpoint", NAME)
    ctx.records.update("endpoint", NAME, {"_Reports": dict.fromkeys(hosts, RUNNING)})


def in_service(ctx: RunnerContext, count: int = 1) -> None:
    add_endpoint(ctx, generation(1, "starting", variant(InstanceCount=count), Since=NOW))
    run_until(ctx, lambda: len(hosts_of(ctx, "endpoint", NAME)) == count)
    serve(ctx)
    run_until(ctx, lambda: status(ctx) == "InService")


def test_an_endpoint_comes_into_service_and_logs_in_a_group_of_its_own(ctx: RunnerContext) -> None:
    in_service(ctx)

    [spec] = backend(ctx).running.values()
    assert spec.log_group == "/aws/sagemaker/Endpoints/digits"
    assert [stream.name for stream in ctx.logs.streams(spec.log_group, prefix="", limit=10)] == [
        spec.log_stream
    ]
    assert spec.agent_credentials.access_key_id == "endpoint/digits/g1-v1-i1-c1"


def test_a_deleted_endpoint_leaves_neither_record_nor_host(ctx: RunnerContext) -> None:
    ctx = replace(ctx, serving_overcommit=2.0)
    in_service(ctx, count=2)
    ctx.tags.put(ctx.records.get("endpoint", NAME)["EndpointArn"], {"team": "a"})
    ctx.records.update("endpoint", NAME, {"EndpointStatus": "Deleting", "_StopRequestedAt": NOW})

    run_until(ctx, lambda: status(ctx) == "" and not {*backend(ctx).running, *backend(ctx).over})

    assert ctx.tags.get(f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/{NAME}") == {}
    assert ctx.capacity.taken() == (Size(0, 0, 0), 0, 0)


def test_a_host_that_serves_is_promised_a_share_of_what_it_may_use(ctx: RunnerContext) -> None:
    # Three vCPUs each, and the machine has four.
    add_endpoint(ctx, generation(1, "starting", variant(InstanceCount=5), Since=NOW))

    run_until(replace(ctx, serving_overcommit=4.0), lambda: len(hosts_of(ctx, "endpoint", NAME)) == 5)

    assert ctx.capacity.taken()[0].cpus == 5 * 3 / 4


def test_the_share_of_a_host_that_serves_is_counted_again_after_a_restart(ctx: RunnerContext) -> None:
    in_service(ctx)
    restarted = replace(ctx, serving_overcommit=4.0, capacity=MachineCapacity(MACHINE, 1.0))

    run_until(restarted, lambda: restarted.capacity.taken()[1] == 1)

    assert restarted.capacity.taken()[0].cpus == 3 / 4


def test_hosts_that_answer_requests_stay_until_they_have_answered(ctx: RunnerContext) -> None:
    busy: set[str] = {"g1-v1-i1-c1"}
    asked: list[tuple[str, str]] = []

    def in_use(kind: str, name: str) -> Collection[str]:
        asked.append((kind, name))
        return busy

    in_service(ctx)
    # The traffic has moved a while ago.
    generations = [generation(1, "draining", Since=NOW - 30), generation(2, "serving", Since=NOW - 30)]
    changes = {"_Generations": generations, "EndpointStatus": "Updating"}
    ctx.records.update("endpoint", NAME, changes, status="Updating")
    ctx = replace(ctx, in_use=in_use, capacity=MachineCapacity(MACHINE, 2.0))
    run_until(ctx, lambda: "g2-v1-i1-c1" in hosts_of(ctx, "endpoint", NAME))
    assert "g1-v1-i1-c1" in hosts_of(ctx, "endpoint", NAME)
    assert set(asked) == {("endpoint", NAME)}

    busy.clear()
    run_until(ctx, lambda: status(ctx) == "InService")

    assert list(hosts_of(ctx, "endpoint", NAME)) == ["g2-v1-i1-c1"]


def test_hosts_that_are_no_longer_asked_for_leave_the_queue_to_others(ctx: RunnerContext) -> None:
    # Each asks for three vCPUs of four.
    both = [generation(1, "serving", Since=NOW), generation(2, "starting", Since=NOW)]
    add_endpoint(ctx, *both, EndpointStatus="Updating")
    waits = "endpoint/digits/g2-v1-i1-c1"

    async def asked_for_and_not() -> None:
        loop = asyncio.create_task(loop_of(ctx).run())
        async with asyncio.timeout(60):
            while not ctx.capacity.is_waiting(waits):
                await asyncio.sleep(0.01)
            ctx.records.update("endpoint", NAME, {"_Generations": both[:1]})
            while ctx.capacity.is_waiting(waits):
                await asyncio.sleep(0.01)
        loop.cancel()

    asyncio.run(asked_for_and_not())

    assert list(hosts_of(ctx, "endpoint", NAME)) == ["g1-v1-i1-c1"]


def test_a_host_that_ends_is_started_again_at_once(ctx: RunnerContext) -> None:
    in_service(ctx)
    [first] = backend(ctx).running
    assert isinstance(ctx.backend, Hosts)
    ctx.backend.running.clear()

    run_until(ctx, lambda: len(backend(ctx).launched) == 2)

    assert status(ctx) == "InService"
    assert backend(ctx).launched[0] == first != backend(ctx).launched[1]
