from __future__ import annotations

import ast

import pytest
from bench.zoo.catalogue import FAULTY, HEALTHY, Training, trainings
from bench.zoo.rule_sets import configurations
from bench.zoo.running import SCRIPTS

from clary.debugger.rules import build_rule, built_in_rules
from clary.debugger.rules.configuration import RuleConfiguration, read_configuration
from clary.debugger.rules.rule import TensorRule

FAULTS = {
    "vanishing gradients", "exploding gradients", "dead ReLU", "saturated tanh", "bad initialization",
    "frozen layer", "learning rate far too high", "learning rate far too low", "overfit", "overtraining",
    "class imbalance", "unnormalized images", "shuffled labels", "wrong loss: softmax twice", "NaN in data",
}  # fmt: skip


def functions_of(script: str) -> set[str]:
    module = ast.parse((SCRIPTS / script).read_text())
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def test_every_kind_of_fault_occurs_once() -> None:
    faults = [training.fault for training in FAULTY]

    assert set(faults) >= FAULTS
    assert len(faults) == len(set(faults))
    assert len(HEALTHY) >= 10


@pytest.mark.parametrize("training", trainings(), ids=lambda training: training.name)
def test_every_training_is_a_function_of_its_script(training: Training) -> None:
    assert training.name in functions_of(training.script)


@pytest.mark.parametrize("training", FAULTY, ids=lambda training: training.name)
def test_the_rules_that_fit_a_fault_are_rules(training: Training) -> None:
    assert training.fits
    assert training.fits <= set(built_in_rules())


@pytest.mark.parametrize("training", trainings(), ids=lambda training: training.name)
def test_every_set_configures_rules_that_can_be_built(training: Training) -> None:
    for document in configurations(training):
        configuration = read_configuration(document)

        assert isinstance(configuration, RuleConfiguration)
        assert isinstance(build_rule(configuration.rule, configuration.parameters), TensorRule)


@pytest.mark.parametrize(
    "script", ["data.py", "loop.py", "models.py", "healthy.py", "faulty.py", "boosted.py"]
)
def test_no_script_imports_a_debugger(script: str) -> None:
    modules = {
        name
        for node in ast.walk(ast.parse((SCRIPTS / script).read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert not [name for name in modules if name and name.split(".")[0] in ("clary", "smdebug")]
