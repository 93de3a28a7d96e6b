"""Rules that a training job may and may not ask for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from clary.domain.errors import ValidationError
from clary.domain.rules import KIND, JobRule, rules_of
from clary.kinds.rule_evaluation.as_processing_job import RULE_JOB
from clary.kinds.rule_evaluation.evaluation import evaluation_of
from clary.kinds.rule_evaluation.record import forget_evaluation, keep_evaluation
from clary.kinds.rule_evaluation.request import check_rules
from clary.services.context import Context

IMAGE = "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest"


def rule(name: str, image: str = IMAGE) -> dict[str, Any]:
    return {"RuleConfigurationName": name, "RuleEvaluatorImage": image, "RuleParameters": {}}


def job(*rules: dict[str, Any], created_at: float = 1000.0) -> dict[str, Any]:
    return {
        "TrainingJobName": "digits",
        "CreationTime": created_at,
        "DebugRuleConfigurations": list(rules),
    }


def rules_of_job(*rules: dict[str, Any]) -> list[JobRule]:
    return rules_of(job(*rules))


def keep(ctx: Context, wanted: dict[str, Any]) -> None:
    keep_evaluation(ctx, wanted, evaluation_of(wanted, rules_of(wanted)))


def test_rules_of_the_two_images_are_taken(ctx: Context) -> None:
    check_rules(
        ctx.machines, rules_of_job(rule("A"), rule("My rule_1.0", "sagemaker-debugger-rule-evaluator:latest"))
    )


@pytest.mark.parametrize("name", ["../etc", "a/b", ".hidden", "", "a\nb"])
def test_a_name_that_is_no_folder_is_refused(ctx: Context, name: str) -> None:
    with pytest.raises(ValidationError, match="RuleConfigurationName is"):
        check_rules(ctx.machines, rules_of_job(rule(name)))


def test_two_rules_of_one_name_are_refused(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="two rules named A"):
        check_rules(ctx.machines, rules_of_job(rule("A"), rule("A")))


def test_another_image_is_refused_with_those_that_are_served(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="use sagemaker-debugger-rules:latest for a built-in rule"):
        check_rules(ctx.machines, rules_of_job(rule("A", "my-rules:1")))


def test_a_rule_of_the_user_may_run_in_an_image_of_the_user() -> None:
    engine: Any = SimpleNamespace(isolates="my-own:1".__eq__)
    own = rule("A", "my-own:1")
    own["RuleParameters"] = {"source_s3_uri": "s3://rules/mine.py"}

    check_rules(engine, rules_of_job(own))

    with pytest.raises(ValidationError, match="that has Python 3 and smdebug"):
        check_rules(engine, rules_of_job({**own, "RuleEvaluatorImage": "not-there:1"}))


def test_a_rule_of_the_user_that_looks_at_a_profile_is_refused(ctx: Context) -> None:
    own = {**rule("A"), "RuleParameters": {"source_s3_uri": "s3://rules/mine.py"}}

    with pytest.raises(ValidationError, match=r"give it in DebugRuleConfigurations"):
        check_rules(ctx.machines, [JobRule("A", "ProfilerRuleConfigurations", own)])


def test_more_than_twenty_rules_are_refused(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="21 rules, and 20 are allowed"):
        check_rules(ctx.machines, rules_of_job(*(rule(f"r{number}") for number in range(21))))


def test_a_job_of_a_name_used_before_begins_anew(ctx: Context) -> None:
    keep(ctx, job(rule("A")))
    ctx.records.update(KIND, "digits", {"Status": "Done"}, status="Done")

    keep(ctx, job(rule("B"), created_at=2000.0))

    record = ctx.records.get(KIND, "digits")
    assert (list(record["Rules"]), record["Status"]) == (["B"], "InProgress")
    assert len(ctx.records.names(RULE_JOB)) == 1


def test_nothing_of_a_deleted_jobs_rules_stays(ctx: Context) -> None:
    keep(ctx, job(rule("A"), rule("B")))
    assert len(ctx.records.names(RULE_JOB)) == 2

    forget_evaluation(ctx, job())

    assert (ctx.records.names(RULE_JOB), ctx.records.names(KIND)) == ([], [])


def test_forgetting_twice_is_once(ctx: Context) -> None:
    keep(ctx, job(rule("A")))

    forget_evaluation(ctx, job())
    forget_evaluation(ctx, job())

    assert ctx.records.find(KIND, "digits") is None
