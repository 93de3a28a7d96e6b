"""Reductions: names and numbers."""

from __future__ import annotations

import numpy as np
import pytest

from clary.debugger.tensors import reduce, reduction_tensor_name
from clary.debugger.tensors.reductions import (
    NORMS,
    REDUCTIONS,
    Reduction,
    parse_reduction,
    parse_reduction_tensor_name,
    reduction_word,
)


def test_a_stored_reduction_is_named_as_smdebug_names_it() -> None:
    assert reduction_tensor_name("w:0", "mean") == "smdebug/reductions/mean/w"
    assert reduction_tensor_name("w:0", "l2", absolute=True, keep_index=True) == (
        "smdebug/reductions/abs_l2/w:0"
    )


@pytest.mark.parametrize("name", [*REDUCTIONS, *NORMS])
@pytest.mark.parametrize("absolute", [True, False])
def test_names_and_words_come_back(name: str, absolute: bool) -> None:
    reduction = Reduction(name, absolute)

    assert parse_reduction(reduction_word(reduction)) == reduction
    assert parse_reduction_tensor_name(reduction_tensor_name("a/b", name, absolute=absolute)) == (
        "a/b",
        reduction,
    )


def test_the_name_of_a_tensor_is_no_reduction() -> None:
    assert parse_reduction_tensor_name("gradient/mean/w") is None


@pytest.mark.parametrize("word", ["median", "l3_norm", "abs", "", "l2"])
def test_an_unknown_reduction_is_refused_with_what_there_is(word: str) -> None:
    with pytest.raises(ValueError, match="variance"):
        parse_reduction(word)


@pytest.mark.parametrize(
    ("name", "absolute", "expected"),
    [
        ("min", False, -4),
        ("min", True, 1),
        ("max", True, 4),
        ("mean", False, -0.5),
        ("mean", True, 2.5),
        ("sum", False, -2),
        ("prod", False, 24),
        ("variance", True, 1.25),
        ("std", True, 1.25**0.5),
        ("l1", False, 10),
        ("l2", False, 30**0.5),
    ],
)
def test_a_reduction_is_what_its_name_says(name: str, absolute: bool, expected: float) -> None:
    array = np.array([1.0, -2.0, 3.0, -4.0])

    assert reduce(array, name, absolute=absolute) == pytest.approx(expected)


def test_a_norm_of_many_axes_is_that_of_all_elements() -> None:
    assert reduce(np.full((2, 2, 2), 2.0), "l1") == 16
