from __future__ import annotations

from typing import Any

import numpy as np

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
