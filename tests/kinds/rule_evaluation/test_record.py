"""Rules that a training job may and may not ask for."""

from __future__ import annotations

from typing import Any

import pytest

from clary.domain.errors import ValidationError
from clary.domain.rules import KIND
from clary.kinds.rule_evaluation.as_processing_job import RULE_JOB
from clary.kinds.rule_evaluation.record import check_rules, evaluate_rules, forget_rules
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


def test_rules_of_the_two_images_are_taken() -> None:
    check_rules(job(rule("A"), rule("My rule_1.0", "sagemaker-debugger-rule-evaluator:latest")))


@pytest.mark.parametrize("name", ["../etc", "a/b", ".hidden", "", "a\nb"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="RuleConfigurationName is"):
        check_rules(job(rule(name)))


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two rules named A"):
        check_rules(job(rule("A"), rule("A")))


def test_another_image_is_refused_with_those_that_are_served() -> None:
    with pytest.raises(ValidationError, match="use sagemaker-debugger-rules:latest for a built-in rule"):
        check_rules(job(rule("A", "my-rules:1")))


def test_more_than_twenty_rules_are_refused() -> None:
    with pytest.raises(ValidationError, match="21 rules, and 20 are allowed"):
        check_rules(job(*(rule(f"r{number}") for number in range(21))))


def test_a_job_without_rules_leaves_no_record(ctx: Context) -> None:
    evaluate_rules(ctx, job())

    assert ctx.records.find(KIND, "digits") is None


def test_a_job_of_a_name_used_before_begins_anew(ctx: Context) -> None:
    evaluate_rules(ctx, job(rule("A")))
    ctx.records.update(KIND, "digits", {"Status": "Done"}, status="Done")

    evaluate_rules(ctx, job(rule("B"), created_at=2000.0))

    record = ctx.records.get(KIND, "digits")
    assert (list(record["Rules"]), record["Status"]) == (["B"], "InProgress")


def test_nothing_of_a_deleted_jobs_rules_stays(ctx: Context) -> None:
    evaluate_rules(ctx, job(rule("A"), rule("B")))
    assert len(ctx.records.names(RULE_JOB)) == 2

    forget_rules(ctx, "digits")

    assert (ctx.records.names(RULE_JOB), ctx.records.names(KIND)) == ([], [])


def test_forgetting_twice_is_once(ctx: Context) -> None:
    evaluate_rules(ctx, job(rule("A")))

    forget_rules(ctx, "digits")
    forget_rules(ctx, "digits")

    assert ctx.records.find(KIND, "digits") is None
