"""The record of an evaluation, and what it says on the wire."""

from __future__ import annotations

import re
from typing import Any

from clary.domain.rules import rules_of
from clary.kinds.rule_evaluation.evaluation import evaluation_of, rule_job_name, wire_statuses

ARN = "arn:aws:sagemaker:us-east-1:111122223333:training-job/digits"


def job(*names: str, own: tuple[str, ...] = (), profiler: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "TrainingJobName": "Digits",
        "TrainingJobArn": ARN,
        "CreationTime": 1000.5,
        "OutputDataConfig": {"S3OutputPath": "s3://b/out/"},
        "DebugRuleConfigurations": [
            *({"RuleConfigurationName": name, "RuleParameters": {"rule_to_invoke": name}} for name in names),
            *(
                {
                    "RuleConfigurationName": name,
                    "RuleEvaluatorImage": "own:latest",
                    "RuleParameters": {"source_s3_uri": "s3://b/rule.py"},
                }
                for name in own
            ),
        ],
        "ProfilerRuleConfigurations": [{"RuleConfigurationName": name} for name in profiler],
    }


def evaluated(wanted: dict[str, Any], present: dict[str, Any] | None = None) -> dict[str, Any]:
    return evaluation_of(wanted, rules_of(wanted), present)


def test_built_in_rules_share_one_evaluator_and_custom_rules_have_their_own() -> None:
    evaluation = evaluated(job("A", "B", own=("Mine", "Yours"), profiler=("P",)))

    assert [evaluator["Rules"] for evaluator in evaluation["Evaluators"].values()] == [
        ["A", "B", "P"],
        ["Mine"],
        ["Yours"],
    ]
    images = [evaluator["Image"] for evaluator in evaluation["Evaluators"].values()]
    assert images == ["", "own:latest", "own:latest"]


def test_rules_added_to_a_running_job_get_another_evaluator_and_the_rest_stays() -> None:
    present = evaluated(job("A"))
    present["Rules"]["A"]["Status"] = "IssuesFound"

    evaluation = evaluated(job("A", profiler=("P",)), present)

    assert evaluation["Rules"]["A"]["Status"] == "IssuesFound"
    assert evaluation["Rules"]["P"]["Status"] == "InProgress"
    assert [evaluator["Rules"] for evaluator in evaluation["Evaluators"].values()] == [["A"], ["P"]]


def test_statuses_stand_in_the_lists_that_answer_their_configurations() -> None:
    wanted = job("A", profiler=("P",))

    statuses = wire_statuses(wanted, rules_of(wanted), evaluated(wanted))

    (debug,) = statuses["DebugRuleEvaluationStatuses"]
    (profiler,) = statuses["ProfilerRuleEvaluationStatuses"]
    assert (debug["RuleConfigurationName"], debug["RuleEvaluationStatus"]) == ("A", "InProgress")
    assert profiler["RuleConfigurationName"] == "P"
    assert debug["RuleEvaluationJobArn"].startswith(
        "arn:aws:sagemaker:us-east-1:111122223333:processing-job/digits-a-"
    )


def test_a_rules_processing_job_has_a_name_the_model_allows() -> None:
    long, odd = "a-very-long-training-job-name-of-63-characters-made-by-an-sdk-00", "A rule, oddly_named"

    name = rule_job_name(long, odd, 1000.5)

    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)
    assert name == rule_job_name(long, odd, 1000.5)
    assert name != rule_job_name(long, odd, 1000.6)
