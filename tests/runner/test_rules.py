"""Which evaluators a new server keeps, and which it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.runner.test_jobs import NOW, Hosts

from clary.domain.hosts import AgentCredentials, Endpoint
from clary.domain.rules import KIND
from clary.runner.rules import RuleRunner, RulesContext, evaluator_id
from clary.store.database import Database
from clary.store.logs import LogStore
from clary.store.records import Records


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[RulesContext]:
    database = Database.at(tmp_path / "clary.db")
    yield RulesContext(
        records=Records(database, lambda: NOW),
        logs=LogStore(database),
        backend=Hosts(),
        images=cast("Any", None),
        agent_credentials=lambda host: AgentCredentials(str(host), "secret", ""),
        endpoint=Endpoint("http://127.0.0.1:1", "us-east-1", "111122223333"),
        notifier=cast("Any", None),
        now=lambda: NOW,
    )
    database.close()


def add_evaluated_job(ctx: RulesContext, name: str) -> str:
    """A running job with one evaluator at work; answers its handle."""
    handle = evaluator_id(name, NOW, 0, "evaluator-1")
    job = {"TrainingJobName": name, "TrainingJobStatus": "InProgress", "CreationTime": NOW}
    evaluator = {"Rules": [], "Attempt": 0, "Seen": 0, "Handle": handle}
    evaluation = {
        "TrainingJobName": name,
        "JobCreatedAt": NOW,
        "Status": "InProgress",
        "Rules": {},
        "Evaluators": {"evaluator-1": evaluator},
        "Actions": [],
    }
    ctx.records.insert("training-job", name, job, status="InProgress")
    ctx.records.insert(KIND, name, evaluation, status="InProgress")
    evaluators(ctx)[handle] = cast("Any", None)
    return handle


def evaluators(ctx: RulesContext) -> dict[str, Any]:
    assert isinstance(ctx.backend, Hosts)
    return ctx.backend.running


def run_until(ctx: RulesContext, reached: Callable[[], bool]) -> None:
    async def run() -> None:
        task = asyncio.create_task(RuleRunner(ctx).run())
        async with asyncio.timeout(10):
            while not reached():
                await asyncio.wait({task}, timeout=0.01)
        task.cancel()

    asyncio.run(run())


def test_evaluators_of_a_job_whose_name_begins_alike_are_told_apart(ctx: RulesContext) -> None:
    kept = add_evaluated_job(ctx, "digits")
    gone = evaluator_id("digits-2", NOW, 0, "evaluator-1")
    evaluators(ctx)[gone] = None

    run_until(ctx, lambda: gone not in evaluators(ctx))

    assert list(evaluators(ctx)) == [kept]


def test_deleting_a_job_ends_its_evaluators_and_no_others(ctx: RulesContext) -> None:
    kept, gone = add_evaluated_job(ctx, "digits"), add_evaluated_job(ctx, "digits-2")

    async def run() -> None:
        task = asyncio.create_task(RuleRunner(ctx).run())
        await asyncio.wait({task}, timeout=0.05)
        ctx.records.delete(KIND, "digits-2")
        async with asyncio.timeout(10):
            while gone in evaluators(ctx):
                await asyncio.wait({task}, timeout=0.01)
        task.cancel()

    asyncio.run(run())

    assert list(evaluators(ctx)) == [kept]
