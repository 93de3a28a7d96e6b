"""Evaluators of rules in the loop: which of them a new server keeps, and which it ends."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from tests.runner.test_loop import NOW, backend, ctx, loop_of, run_until

from clary.domain.rules import KIND, rules_of
from clary.kinds.rule_evaluation.evaluation import evaluation_of
from clary.runner.context import RunnerContext

__all__ = ["ctx"]


def add_evaluated_job(ctx: RunnerContext, name: str, **members: Any) -> None:
    """A running job with a built-in rule."""
    job = {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:111122223333:training-job/{name}",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": NOW, "StatusMessage": ""}],
        "CreationTime": NOW,
        "RoleArn": "arn:aws:iam::111122223333:role/Worker",
        "AlgorithmSpecification": {"TrainingImage": "python:3.11"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "DebugRuleConfigurations": [
            {"RuleConfigurationName": "A", "RuleEvaluatorImage": "rules", "RuleParameters": {}}
        ],
        **members,
    }
    ctx.records.insert("training-job", name, job, status="InProgress")
    ctx.records.insert(KIND, name, evaluation_of(job, rules_of(job)), status="InProgress")


def evaluator_of(ctx: RunnerContext, name: str) -> str:
    return str(ctx.records.get(KIND, name).get("_Hosts", {}).get("rules-1", ""))


def test_evaluators_start_with_the_hosts_of_their_job_and_take_no_turn(ctx: RunnerContext) -> None:
    ctx.capacity.cpu_overcommit = 0.1
    add_evaluated_job(ctx, "digits")

    run_until(ctx, lambda: bool(evaluator_of(ctx, "digits")))

    hosts = ctx.records.get("training-job", "digits")["_Hosts"]
    assert set(backend(ctx).running) == {*hosts.values(), evaluator_of(ctx, "digits")}
    spec = backend(ctx).running[evaluator_of(ctx, "digits")]
    assert spec.agent_credentials.access_key_id == "digits/rules-1"


def test_a_new_server_keeps_evaluators_and_ends_those_that_nobody_knows(ctx: RunnerContext) -> None:
    add_evaluated_job(ctx, "digits")
    run_until(ctx, lambda: bool(evaluator_of(ctx, "digits")))
    kept = set(backend(ctx).running)
    gone = evaluator_of(ctx, "digits").replace("digits-", "digits-2-")
    backend(ctx).running[gone] = cast("Any", None)

    run_until(ctx, lambda: gone not in backend(ctx).running)

    assert set(backend(ctx).running) == kept


def test_deleting_a_job_ends_its_evaluators_and_no_others(ctx: RunnerContext) -> None:
    ctx.capacity.cpu_overcommit = 2.0
    add_evaluated_job(ctx, "digits")
    add_evaluated_job(ctx, "digits-2")

    async def run() -> str:
        task = asyncio.create_task(loop_of(ctx).run())
        async with asyncio.timeout(60):
            while not (evaluator_of(ctx, "digits") and evaluator_of(ctx, "digits-2")):
                await asyncio.wait({task}, timeout=0.01)
            gone = evaluator_of(ctx, "digits-2")
            ctx.records.delete(KIND, "digits-2")
            while gone in backend(ctx).running:
                await asyncio.wait({task}, timeout=0.01)
        task.cancel()
        return gone

    gone = asyncio.run(run())

    assert evaluator_of(ctx, "digits") in backend(ctx).running
    assert gone not in backend(ctx).running


def test_a_lost_evaluator_is_started_again_and_then_given_up(ctx: RunnerContext) -> None:
    add_evaluated_job(ctx, "digits")
    for attempt in range(3):
        run_until(ctx, lambda attempt=attempt: f"-{attempt}-rules-1" in evaluator_of(ctx, "digits"))
        del backend(ctx).running[evaluator_of(ctx, "digits")]

    run_until(ctx, lambda: ctx.records.get(KIND, "digits")["Status"] == "Done")

    (status,) = ctx.records.get("training-job", "digits")["DebugRuleEvaluationStatuses"]
    assert status["RuleEvaluationStatus"] == "Error"
    assert "the evaluator failed 3 times" in status["StatusDetails"]


def test_rules_of_a_job_that_never_had_hosts_are_stopped(ctx: RunnerContext) -> None:
    add_evaluated_job(ctx, "digits", _StopRequestedAt=NOW)

    run_until(ctx, lambda: ctx.records.get(KIND, "digits")["Status"] == "Done")

    (status,) = ctx.records.get("training-job", "digits")["DebugRuleEvaluationStatuses"]
    assert status["RuleEvaluationStatus"] == "Stopped"


def test_a_notification_is_sent_once_and_told_in_the_log_of_its_rule(ctx: RunnerContext) -> None:
    add_evaluated_job(ctx, "digits")
    run_until(ctx, lambda: bool(evaluator_of(ctx, "digits")))
    due = {"RuleConfigurationName": "A", "RuleName": "A", "Action": "email", "Target": "me", "State": "Due"}
    ctx.records.update(KIND, "digits", {"Actions": [due]})

    run_until(ctx, lambda: ctx.records.get(KIND, "digits")["Actions"][0]["State"] == "Done")

    stream = ctx.records.get(KIND, "digits")["Rules"]["A"]["LogStream"]
    run_until(ctx, lambda: True)
    lines = ctx.logs.read("/aws/sagemaker/ProcessingJobs", stream)
    assert [line.message.partition(":")[0] for line in lines] == ["The email to me was not sent"]


def test_an_event_that_comes_between_a_look_and_its_write_is_kept(
    ctx: RunnerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Agents write Rules and Evaluators as well: the loop decides from the record in its own transaction."""
    add_evaluated_job(ctx, "digits")
    run_until(ctx, lambda: bool(evaluator_of(ctx, "digits")))
    del backend(ctx).running[evaluator_of(ctx, "digits")]
    lease, came = ctx.records.lease, []

    def event_first(kind: str, name: str, **members: Any) -> Any:
        if kind == KIND and not came:
            came.append(name)
            rules = ctx.records.get(KIND, name)["Rules"]
            fired = {**rules["A"], "Status": "IssuesFound", "Details": "at step 5"}
            ctx.records.update(KIND, name, {"Rules": {**rules, "A": fired}})
        return lease(kind, name, **members)

    monkeypatch.setattr(ctx.records, "lease", event_first)
    run_until(ctx, lambda: ctx.records.get(KIND, "digits")["Status"] == "Done")

    assert came == ["digits"]
    (status,) = ctx.records.get("training-job", "digits")["DebugRuleEvaluationStatuses"]
    assert (status["RuleEvaluationStatus"], status["StatusDetails"]) == ("IssuesFound", "at step 5")
