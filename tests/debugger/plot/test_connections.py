from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clary.debugger.plot.connections import connections

RANDOM = np.random.default_rng(0)


def values(*shape: int) -> Any:
    return RANDOM.standard_normal((2, *shape)).astype(np.float32)


def block(*, inputs: bool) -> tuple[dict[str, Any], list[str]]:
    """A residual block with a layer on its shortcut: relu(bn + down(x))."""
    x, conv, bn, down = values(4, 6, 6), values(4, 6, 6), values(4, 6, 6), values(4, 6, 6)
    arrays = {
        "stem_output_0": x,
        "conv_output_0": conv,
        "bn_output_0": bn,
        "down_output_0": down,
        "relu_output_0": np.maximum(bn + down, 0),
        "fc_output_0": values(5),
    }
    order = list(arrays)
    if inputs:
        given = {
            "conv": x,
            "bn": conv,
            "down": x,
            "relu": bn + down,
            "fc": arrays["relu_output_0"].reshape(2, -1),
        }
        arrays |= {f"{name}_input_0": value for name, value in given.items()}
    return arrays, order


def test_a_residual_and_its_shortcut_are_found_by_the_inputs_of_layers() -> None:
    assert connections(*block(inputs=True)) == ((0, 1), (1, 2), (0, 3), (2, 4), (3, 4), (4, 5))


def test_without_inputs_the_sum_is_found_in_the_outputs() -> None:
    assert connections(*block(inputs=False)) == ((0, 1), (1, 2), (2, 3), (2, 4), (3, 4), (4, 5))


def test_a_layer_of_zeros_is_in_no_sum() -> None:
    arrays = {"a_output_0": values(8), "b_output_0": np.zeros((2, 8), np.float32), "c_output_0": values(8)}
    arrays["c_output_0"] = arrays["a_output_0"]

    assert connections(arrays, list(arrays)) == ((0, 1), (1, 2))


def dense_block(layers: int, *, axis: int) -> tuple[dict[str, Any], list[str]]:
    """As in DenseNet, the input of each layer is the concatenation of all earlier outputs along ``axis``."""
    shape = {1: (3, 5, 5), 3: (5, 5, 3)}[axis]
    outputs = [values(*shape) for _ in range(layers)]
    arrays = {f"conv{number}_output_0": output for number, output in enumerate(outputs)}
    for number in range(1, layers):
        arrays[f"conv{number}_input_0"] = np.concatenate(outputs[:number], axis=axis)
    return arrays, list(arrays)[:layers]


@pytest.mark.parametrize("axis", [1, 3])
def test_the_parts_of_a_concatenation_are_found(axis: int) -> None:
    layers = 80  # more than are searched for other connections

    found = connections(*dense_block(layers, axis=axis))

    assert set(found) == {(source, at) for at in range(1, layers) for source in range(at)}


def test_a_layer_that_concatenates_is_connected_to_all_its_parts() -> None:
    left, right = values(6, 6, 2), values(6, 6, 3)
    arrays = {
        "left/outputs": left,
        "right/outputs": right,
        "concatenate/outputs": np.concatenate([left, right], axis=3),
        "concatenate/inputs": left,
    }

    assert connections(arrays, list(arrays)[:3]) == ((0, 1), (0, 2), (1, 2))


def test_zeros_are_no_concatenation() -> None:
    arrays = {
        "a_output_0": np.zeros((2, 2, 4, 4)),
        "b_output_0": values(2, 4, 4),
        "c_output_0": values(4, 4, 4),
    }
    arrays["c_input_0"] = np.zeros((2, 4, 4, 4))

    assert connections(arrays, list(arrays)[:3]) == ((0, 1), (1, 2))
