"""The names and records of a job's rules."""

from __future__ import annotations

import re
from typing import Any

from clary.domain.rules import evaluation_of, rule_job_name, rule_output_uri, rules_of, wire_statuses

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
                {"RuleConfigurationName": name, "RuleParameters": {"source_s3_uri": "s3://b/rule.py"}}
                for name in own
            ),
        ],
        "ProfilerRuleConfigurations": [{"RuleConfigurationName": name} for name in profiler],
    }


def test_built_in_rules_share_one_evaluator_and_custom_rules_have_their_own() -> None:
    evaluation = evaluation_of(job("A", "B", own=("Mine", "Yours"), profiler=("P",)))

    assert [evaluator["Rules"] for evaluator in evaluation["Evaluators"].values()] == [
        ["A", "B", "P"],
        ["Mine"],
        ["Yours"],
    ]


def test_rules_added_to_a_running_job_get_another_evaluator_and_the_rest_stays() -> None:
    present = evaluation_of(job("A"))
    present["Rules"]["A"]["Status"] = "IssuesFound"

    evaluation = evaluation_of(job("A", profiler=("P",)), present)

    assert evaluation["Rules"]["A"]["Status"] == "IssuesFound"
    assert evaluation["Rules"]["P"]["Status"] == "InProgress"
    assert [evaluator["Rules"] for evaluator in evaluation["Evaluators"].values()] == [["A"], ["P"]]


def test_statuses_stand_in_the_lists_that_answer_their_configurations() -> None:
    wanted = job("A", profiler=("P",))

    statuses = wire_statuses(wanted, evaluation_of(wanted))

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


def test_outputs_go_below_the_jobs_own_unless_the_rule_says_otherwise() -> None:
    wanted = job("A", "B")
    wanted["DebugRuleConfigurations"][1]["S3OutputPath"] = "s3://other/rules"

    first, second = (rule_output_uri(wanted, rule) for rule in rules_of(wanted))

    assert first == "s3://b/out/Digits/rule-output/A/"
    assert second == "s3://other/rules/Digits/rule-output/B/"
