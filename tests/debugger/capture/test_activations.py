from __future__ import annotations

import pytest

from clary.debugger.capture.activations import ACTIVATIONS, EMBEDDINGS, RELUS, Modules, patterns_of
from clary.debugger.capture.builtin import MXNET, PYTORCH
from clary.debugger.capture.configuration import parse_settings
from clary.debugger.capture.plan import Plan
from clary.debugger.rules.tensor.dead_relu import RELU_CLASSES
from clary.debugger.rules.tensor.nlp_sequence_ratio import EMBEDDING_CLASSES
from clary.debugger.rules.tensor.poor_weight_initialization import ACTIVATION_CLASSES
from clary.debugger.rules.tensor.saturated_activation import CLASSES
from clary.debugger.tensors import Mode

MODULES = {
    "Net": "Net", "words": "Embedding", "positions": "Embedding", "stem": "Conv2d", "body.0": "Conv2d",
    "body.1": "ReLU", "body.2": "GELU", "gate": "Sigmoid", "squash": "Tanh",
}  # fmt: skip


def plan(name: str, regex: str | None, framework: object = PYTORCH) -> Plan:
    parameters = {} if regex is None else {"include_regex": regex}
    document = {"CollectionConfigurations": [{"CollectionName": name, "CollectionParameters": parameters}]}
    made = Plan(parse_settings(document), framework)  # type: ignore[arg-type]
    made.set_module_classes(MODULES)
    return made


def found(made: Plan) -> set[str]:
    names = [f"{module}_{side}_0" for module in MODULES for side in ("input", "output")]
    return {name for name in names if made.wants(name, Mode.TRAIN, 0)}


@pytest.mark.parametrize(
    ("name", "regex", "expected"),
    [
        ("relu_output", ".*relu_output", {"body.1_output_0"}),
        (
            "relu_input",
            ".*relu_input",
            {"body.1_input_0", "body.2_input_0", "gate_input_0", "squash_input_0"},
        ),
        ("mine", ".*tanh_input|.*sigmoid_input", {"gate_input_0", "squash_input_0"}),
        ("input_image", ".*hybridsequential0_input_0", {"Net_input_0", "stem_input_0"}),
        ("input_sequence", ".*embedding0_input_0", {"words_input_0"}),
        ("relu_output", None, {"body.1_output_0"}),
        ("mine", "body.2_output|relu_output_x", {"body.2_output_0"}),
    ],
)
def test_names_of_gluon_also_mean_modules_of_a_class(
    name: str, regex: str | None, expected: set[str]
) -> None:
    made = plan(name, regex)

    assert found(made) == expected
    assert made.collections[name].tensor_names == expected


def test_in_mxnet_modules_are_not_found_by_class() -> None:
    assert found(plan("relu_output", ".*relu_output", MXNET)) == set()


def test_activations_are_due_only_with_their_collections() -> None:
    due = plan("relu_output", None).at(Mode.TRAIN, 0)
    other = plan("mine", "body").at(Mode.TRAIN, 0)

    assert due is not None
    assert other is not None
    assert due.needs_activations
    assert not other.needs_activations


def test_inputs_of_keras_layers_are_found_by_class() -> None:
    modules = Modules({"first": "Embedding", "second": "Embedding"})
    words = patterns_of((".*embedding0_input_0", "^.*hybridsequential0_input_0$"))

    assert modules.matches("first/inputs", words)
    assert modules.matches("model_input", words)
    assert not modules.matches("second/inputs", words)
    assert not modules.matches("first/outputs", words)


def test_the_classes_are_those_that_the_rules_look_for() -> None:
    assert RELUS == RELU_CLASSES
    assert ACTIVATIONS == ACTIVATION_CLASSES
    assert EMBEDDINGS == EMBEDDING_CLASSES
    assert {"tanh", "sigmoid"} == CLASSES
