"""The rules of a job, as every part names them."""

from __future__ import annotations

from typing import Any

from clary.domain.rules import rule_output_uri, rules_of

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


def test_outputs_go_below_the_jobs_own_unless_the_rule_says_otherwise() -> None:
    wanted = job("A", "B")
    wanted["DebugRuleConfigurations"][1]["S3OutputPath"] = "s3://other/rules"

    first, second = (rule_output_uri(wanted, rule) for rule in rules_of(wanted))

    assert first == "s3://b/out/Digits/rule-output/A/"
    assert second == "s3://other/rules/Digits/rule-output/B/"
