"""Lists the differences of two trials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clary.debugger.trial import Trial


def differences(ours: Trial, reference: Trial, reductions: Sequence[tuple[str, bool]] = ()) -> list[str]:
    """Empty when both have the same tensors at the same steps and modes with the same values.

    reductions: (name, of absolute values) of those to compare where the tensor itself was not saved.
    """
    found = [f"only in ours: {name}" for name in set(ours.tensor_names()) - set(reference.tensor_names())]
    found += [f"missing: {name}" for name in set(reference.tensor_names()) - set(ours.tensor_names())]
    for mode in ("TRAIN", "EVAL", "GLOBAL"):
        if list(ours.steps(mode)) != list(reference.steps(mode)):
            found.append(f"steps of {mode}: {ours.steps(mode)}, should be {reference.steps(mode)}")
    for name in set(ours.tensor_names()) & set(reference.tensor_names()):
        steps = list(reference.tensor(name).steps())
        if list(ours.tensor(name).steps()) != steps:
            found.append(f"{name} at {list(ours.tensor(name).steps())}, should be at {steps}")
            continue
        for step in steps:
            if reductions and "Loss" not in name:
                found += _reduced_differences(name, step, ours, reference, reductions)
                continue
            value, right = ours.tensor(name).value(step), reference.tensor(name).value(step)
            if value.shape != right.shape or value.dtype.kind != right.dtype.kind or not _equal(value, right):
                found.append(f"{name} at {step}")
    return found


def _reduced_differences(
    name: str, step: int, ours: Trial, reference: Trial, reductions: Sequence[tuple[str, bool]]
) -> list[str]:
    found = []
    for reduction, absolute in reductions:
        value = ours.tensor(name).reduction_value(step, reduction, abs=absolute)
        right = reference.tensor(name).reduction_value(step, reduction, abs=absolute)
        if not np.allclose(value, right, rtol=1e-4, atol=1e-6):
            found.append(f"{reduction} of {name} at {step}: {value}, should be {right}")
    return found


def _equal(value: np.ndarray, right: np.ndarray) -> bool:
    if value.dtype.kind in "fc":
        return np.allclose(value, right, rtol=1e-5, atol=1e-6, equal_nan=True)
    return bool((value == right).all())
