from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from clary.debugger.rules import RuleConfigurationError, built_in_rules, find_rule
from clary.debugger.rules import profiler as profiler_rules
from clary.debugger.rules import tensor as tensor_rules

LAUNCH_SET = [
    "AllZero",
    "CheckInputImages",
    "ClassImbalance",
    "Confusion",
    "DeadRelu",
    "ExplodingTensor",
    "LossNotDecreasing",
    "NLPSequenceRatio",
    "Overfit",
    "Overtraining",
    "PoorWeightInitialization",
    "SaturatedActivation",
    "SimilarAcrossRuns",
    "TensorVariance",
    "TreeDepth",
    "UnchangedTensor",
    "VanishingGradient",
    "WeightUpdateRatio",
]
LATER = ["StalledTrainingRule", "FeatureImportanceOverweight", "CreateXgboostReport"]
PROFILER = [
    "BatchSize",
    "CPUBottleneck",
    "Dataloader",
    "GPUMemoryIncrease",
    "IOBottleneck",
    "LoadBalancing",
    "LowGPUUtilization",
    "MaxInitializationTime",
    "OverallFrameworkMetrics",
    "OverallSystemUsage",
    "ProfilerReport",
    "StepOutlier",
]
PAGE = Path(__file__).parents[3] / "docs" / "user" / "rules.md"


def test_every_rule_of_aws_exists() -> None:
    assert len(LAUNCH_SET) == 18
    assert sorted(built_in_rules()) == sorted([*LAUNCH_SET, *LATER, *PROFILER])


@pytest.mark.parametrize("package", [tensor_rules, profiler_rules])
def test_a_rule_is_in_the_file_of_its_name(package: object) -> None:
    folder = Path(package.__path__[0])  # type: ignore[attr-defined]
    files = {path.stem.replace("_", "") for path in folder.glob("*.py")} - {"init"}
    rules = {
        rule.__name__.lower() for rule in built_in_rules().values() if Path(_file(rule)).parent == folder
    }

    assert files == rules


@pytest.mark.parametrize("name", sorted(built_in_rules()))
def test_every_rule_has_one_sentence_of_meaning_and_one_of_remedy(name: str) -> None:
    rule = built_in_rules()[name]

    for text in (rule.meaning, rule.remedy):
        assert re.fullmatch(r"[A-Z].{40,}\.", text), text


@pytest.mark.parametrize("name", sorted(built_in_rules()))
def test_every_rule_has_a_section_that_names_its_parameters(name: str) -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.S | re.M))

    assert name in sections
    documented = set(re.findall(r"^\| `(\w+)` \|", sections[name], re.M))
    parameters = {field.name for field in fields(built_in_rules()[name])}
    assert documented == parameters - {"scan_interval_us", "rules"}


def test_the_error_of_an_unknown_rule_lists_the_known_ones() -> None:
    with pytest.raises(
        RuleConfigurationError, match="'rule_to_invoke' is 'Nothing', which is no rule; there are"
    ):
        find_rule("Nothing")


def test_a_name_in_the_wrong_case_is_refused_with_the_right_one() -> None:
    with pytest.raises(RuleConfigurationError, match=r"is it VanishingGradient\?"):
        find_rule("vanishinggradient")


def _file(rule: type) -> str:
    return str(sys.modules[rule.__module__].__file__)
