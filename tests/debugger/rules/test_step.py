from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step

from clary.debugger.rules import StepTensor


def test_a_tensor_is_read_once_and_only_when_asked_for() -> None:
    reads = []

    def load() -> np.ndarray:
        reads.append(1)
        return np.array([1.0, -3.0])

    tensor = StepTensor("x", load)

    assert reads == []
    assert [tensor.measure("abs_mean"), tensor.measure("max"), tensor.measure("abs_mean")] == [2.0, 1.0, 2.0]
    assert reads == [1]


def test_a_saved_reduction_is_read_in_place_of_the_tensor() -> None:
    def load() -> np.ndarray:
        raise AssertionError("the tensor was read")

    assert StepTensor("x", load, {"abs_mean": lambda: 0.25}).measure("abs_mean") == 0.25


def test_a_reduction_that_cannot_be_computed_is_none() -> None:
    assert StepTensor("x", None, {"max": lambda: 1.0}).measure("mean") is None
    assert StepTensor("x", None, {"max": lambda: None}).measure("max") is None


@pytest.mark.parametrize("values", [np.array(["a"]), np.empty(0)])
def test_strings_and_empty_tensors_have_no_array(values: np.ndarray) -> None:
    assert StepTensor("x", lambda: values).array is None


def test_half_precision_is_measured_without_overflow() -> None:
    assert StepTensor("x", lambda: np.full(4, 60000, dtype=np.float16)).measure("abs_sum") == pytest.approx(
        240000, rel=1e-3
    )


def test_a_step_without_a_mode_has_the_same_number_in_its_mode() -> None:
    assert a_step(7).mode_step == 7
    assert a_step(7, mode="EVAL", mode_step=2).mode_step == 2
