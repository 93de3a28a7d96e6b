from __future__ import annotations

import pytest

from clary.debugger.rules.errors import RuleConfigurationError
from clary.debugger.rules.selection import CollectionMatcher, Selection, TensorNames

MODULES = {"Net": "Net", "layer1.0.act": "ReLU", "out": "Linear"}
NAMES = TensorNames({"weights": CollectionMatcher(frozenset({"bias"}), ("weight$",))}, MODULES)


def test_a_selection_of_nothing_is_everything() -> None:
    assert NAMES.selected(Selection(), "whatever")


def test_a_collection_is_its_names_and_its_patterns() -> None:
    weights = Selection(("weights",))

    assert [
        name for name in ("bias", "fc.weight", "fc.weight_2", "biases") if NAMES.selected(weights, name)
    ] == [
        "bias",
        "fc.weight",
    ]


def test_patterns_match_anywhere_in_a_name() -> None:
    assert NAMES.selected(Selection(patterns=("relu_out",)), "conv0_relu_output_0")


def test_modules_are_found_by_class_and_side() -> None:
    relu_outputs = Selection(classes=frozenset({"relu"}), side="output")

    assert NAMES.selected(relu_outputs, "layer1.0.act_output_3")
    assert not NAMES.selected(relu_outputs, "layer1.0.act_input_0")
    assert not NAMES.selected(relu_outputs, "out_output_0")


def test_the_top_module_is_the_one_that_is_called_like_its_class() -> None:
    top = Selection(outermost=True, patterns=("^$",))

    assert NAMES.selected(top, "Net_input_0")
    assert not NAMES.selected(top, "Net_output_0")
    assert not NAMES.selected(top, "out_input_0")


def test_the_input_of_a_keras_model_is_that_of_the_top_module() -> None:
    top = Selection(outermost=True, patterns=("^$",))

    assert [
        name
        for name in ("model_input", "model_input_1", "model_inputs", "a/model_input")
        if TensorNames().selected(top, name)
    ] == ["model_input", "model_input_1"]


def test_channels_come_last_by_the_names_that_keras_gives() -> None:
    last = ("dense/relu_output", "block/conv/tanh_input_1", "conv/outputs", "model_input")
    first = ("layer1.0.act_output_0", "Net_relu_output_0", "conv0_relu_output_0")

    assert [name for name in (*last, *first) if NAMES.channels_last(name)] == list(last)


def test_an_endless_expression_is_the_error_of_its_rule() -> None:
    endless = Selection(patterns=("(a+)+b",))

    with pytest.raises(RuleConfigurationError, match="takes too long"):
        NAMES.selected(endless, "a" * 60)
    assert NAMES.selected(endless, "aab")
