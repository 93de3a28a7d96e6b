from __future__ import annotations

import json

import pytest
import typer

from clary.cli.rule_options import rule_members
from clary.cli.train_options import checkpoint_config, metric_definitions, pairs


def test_a_pair_is_a_name_and_any_value() -> None:
    assert pairs("--env", ["A=1", "B=x=y", "C="]) == {"A": "1", "B": "x=y", "C": ""}
    assert pairs("--env", None) == {}


@pytest.mark.parametrize("specs", [["A"], ["=1"], ["A=1", "A=2"]])
def test_what_is_no_pair_ends_the_command(specs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        pairs("--env", specs)
    assert f"--env {specs[-1]}" in capsys.readouterr().err


def test_an_expression_may_hold_an_equals_sign_and_needs_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert metric_definitions(["loss=loss=([0-9.]+)"]) == [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]
    with pytest.raises(typer.Exit):
        metric_definitions(["loss=loss: [0-9.]+"])
    assert "parentheses" in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        metric_definitions(["loss"])
    assert "--metric loss: write it as NAME=REGEX" in capsys.readouterr().err


def test_a_checkpoint_is_a_folder_of_s3(capsys: pytest.CaptureFixture[str]) -> None:
    assert checkpoint_config(None) is None
    assert checkpoint_config("s3://b/c") == {"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/checkpoints"}
    with pytest.raises(typer.Exit):
        checkpoint_config("./checkpoints")
    assert "s3://bucket/folder" in capsys.readouterr().err


def test_a_rule_brings_what_it_needs_to_be_captured() -> None:
    members = rule_members(
        ["VanishingGradient:threshold=1e-6:save_interval=5:stop", "LossNotDecreasing", "ProfilerReport"],
        "s3://b/",
    )

    vanishing, losses = members["DebugRuleConfigurations"]
    assert vanishing["RuleParameters"] == {
        "rule_to_invoke": "VanishingGradient",
        "threshold": "1e-6",
        "action_json": json.dumps([{"name": "stoptraining"}]),
    }
    assert losses["RuleParameters"] == {"rule_to_invoke": "LossNotDecreasing"}
    captured = {
        each["CollectionName"]: each["CollectionParameters"]
        for each in members["DebugHookConfig"]["CollectionConfigurations"]
    }
    assert captured == {"gradients": {"save_interval": "5"}, "losses": {"save_interval": "50"}}
    (report,) = members["ProfilerRuleConfigurations"]
    assert report["RuleConfigurationName"] == "ProfilerReport"
    assert members["ProfilerConfig"]["S3OutputPath"] == "s3://b/"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("DeadRelus", "did you mean DeadRelu?"),
        ("AllZero:now", "'now' is no PARAMETER=VALUE"),
    ],
)
def test_a_rule_that_is_none_ends_the_command(
    spec: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        rule_members([spec], "s3://b/")
    assert said in capsys.readouterr().err
