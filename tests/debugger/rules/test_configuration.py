from __future__ import annotations

from typing import Any

import pytest

from clary.debugger.rules import RuleConfigurationError, RuleParameterError
from clary.debugger.rules.actions import Action, read_actions
from clary.debugger.rules.configuration import read_configuration
from clary.debugger.rules.tensor.similar_across_runs import SimilarAcrossRuns


def wire(**parameters: str) -> dict[str, Any]:
    return {
        "RuleConfigurationName": "Mine",
        "RuleEvaluatorImage": "503895931360.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest",
        "RuleParameters": parameters,
    }


def test_parameters_of_the_service_and_of_the_rule_are_separated() -> None:
    read = read_configuration(
        wire(
            rule_to_invoke="SimilarAcrossRuns",
            tensor_regex=".*",
            other_trial_10="s3://b/ten",
            other_trial_2="s3://b/two",
            action_json='[{"name": "stoptraining", "training_job_prefix": "job-x"}]',
        )
    )

    assert (read.name, read.rule) == ("Mine", SimilarAcrossRuns)
    assert read.parameters == {"tensor_regex": ".*"}
    assert read.other_trials == ("s3://b/two", "s3://b/ten")
    assert read.actions == (Action("stoptraining", "job-x"),)


def test_a_configuration_without_a_rule_is_refused() -> None:
    with pytest.raises(RuleConfigurationError, match="needs 'rule_to_invoke'"):
        read_configuration({"RuleConfigurationName": "x"})


def test_a_custom_rule_is_not_for_this_evaluator() -> None:
    with pytest.raises(RuleConfigurationError, match="belongs to a custom rule"):
        read_configuration(wire(rule_to_invoke="Mine", source_s3_uri="s3://b/mine.py"))


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "stoptraining", "training_job_prefix": "job-x"}]',
        r"[{\"name\": \"stoptraining\", \"training_job_prefix\": \"job-x\"}]",
        '{"name": "StopTraining", "training_job_prefix": "job-x"}',
    ],
)
def test_actions_may_be_escaped_and_may_be_a_list(text: str) -> None:
    assert read_actions(text) == (Action("stoptraining", "job-x"),)


def test_several_actions_keep_their_order() -> None:
    email, sms = '{"name": "email", "endpoint": "a@b.cd"}', '{"name": "sms", "endpoint": "+49"}'
    text = f'[{email}, {sms}, {{"name": "stoptraining"}}]'

    assert read_actions(text) == (
        Action("email", "a@b.cd"),
        Action("sms", "+49"),
        Action("stoptraining", ""),
    )


@pytest.mark.parametrize("text", ["stop", '[{"name": "reboot"}]', '[{"name": "email"}]', "[1]"])
def test_invalid_actions_are_refused(text: str) -> None:
    with pytest.raises(RuleParameterError, match="Parameter 'action_json'"):
        read_actions(text)
