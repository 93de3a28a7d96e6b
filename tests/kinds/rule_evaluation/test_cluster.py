"""What the evaluator of a job's rules is told."""

from __future__ import annotations

import json
from typing import Any

from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec, EvaluationSpec, HostSpec
from clary.domain.rules import rules_of
from clary.kinds.cluster import HostStart
from clary.kinds.hosts import Share
from clary.kinds.rule_evaluation.cluster import OURS, evaluator_specs

OWN = EnvironmentSpec("smdebug", "/environments/smdebug")


def job(**members: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "Digits",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:111122223333:training-job/digits",
        "CreationTime": 1_790_000_000.0,
        "RoleArn": "arn:aws:iam::111122223333:role/Trainer",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out/"},
        "DebugRuleConfigurations": [{"RuleConfigurationName": "A", "RuleParameters": {}}],
        "ProfilerRuleConfigurations": [{"RuleConfigurationName": "P", "RuleParameters": {}}],
        **members,
    }


def spec(record: dict[str, Any], environment: EnvironmentSpec | None = None) -> HostSpec:
    evaluator = {"Rules": [rule.name for rule in rules_of(record)], "Attempt": 2}
    evaluation = {"TrainingJobName": "Digits", "Evaluators": {"rules-1": evaluator}}
    start = HostStart(Share(1, 0, 0), environment, "", AgentCredentials("a", "b", "c"))
    return evaluator_specs(
        evaluation,
        {"rules-1": start},
        endpoint=Endpoint("http://127.0.0.1:1", "us-east-1", "111122223333"),
        records={("training-job", "Digits"): record},
    )["rules-1"]


def test_rules_keep_the_list_they_stand_in_and_have_an_output_each() -> None:
    evaluation = spec(job()).workload

    assert isinstance(evaluation, EvaluationSpec)
    assert {member: len(rules) for member, rules in evaluation.configurations.items()} == {
        "DebugRuleConfigurations": 1,
        "ProfilerRuleConfigurations": 1,
    }
    assert evaluation.output_uris == {
        "A": "s3://bucket/out/Digits/rule-output/A/",
        "P": "s3://bucket/out/Digits/rule-output/P/",
    }
    assert evaluation.attempt == 2


def test_what_the_job_does_not_save_is_not_looked_at() -> None:
    evaluation = spec(job(ProfilerConfig={"S3OutputPath": "s3://bucket", "DisableProfiler": True})).workload

    assert isinstance(evaluation, EvaluationSpec)
    assert (evaluation.trial_uri, evaluation.profile_uri) == ("", "")


def test_tensors_and_profile_are_where_the_job_puts_them() -> None:
    evaluation = spec(job(DebugHookConfig={"S3OutputPath": "s3://tensors/"}, ProfilerConfig={})).workload
    elsewhere = spec(job(ProfilerConfig={"S3OutputPath": "s3://profiles"})).workload

    assert isinstance(evaluation, EvaluationSpec)
    assert isinstance(elsewhere, EvaluationSpec)
    assert evaluation.trial_uri == "s3://tensors/Digits/debug-output"
    assert elsewhere.profile_uri == "s3://profiles/Digits/profiler-output"


def test_the_users_own_rule_has_its_own_environment() -> None:
    ours, theirs = spec(job()), spec(job(), OWN)

    assert ours.environment is OURS
    assert theirs.environment is OWN
    assert isinstance(ours.workload, EvaluationSpec)
    assert isinstance(theirs.workload, EvaluationSpec)
    assert (ours.workload.custom, theirs.workload.custom) == (False, True)


def test_a_spec_survives_its_json() -> None:
    document = json.loads(spec(job(), OWN).to_json())

    assert HostSpec.from_document(document, EvaluationSpec) == spec(job(), OWN)
