"""What is predicted: the problem's type and its classes, from the target column and what the user said."""

from __future__ import annotations

import difflib
from typing import Any

from .columns import as_numbers
from .metrics import BINARY, MULTICLASS, REGRESSION
from .schema import class_labels
from .trouble import BadInput

MOST_CLASSES = 2000
FEWEST_ROWS = 50
"""AWS asks for 500. Fewer rows than these can't be divided into folds that mean something."""
_CLASSES_PER_ROW = 0.05
"""Whole numbers with more values than this part of the rows are a quantity, not classes."""


def find_column(name: str, columns: list[str], what: str) -> str:
    """Returns the column that is meant; without a header also by its position. Raises BadInput."""
    if name in columns:
        return name
    if name.isdecimal() and f"_c{name}" in columns:
        return f"_c{name}"
    near = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
    near = near or [column for column in columns if column.lower() == name.lower()]
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    there = ", ".join(repr(column) for column in columns[:20]) + ", ..." * (len(columns) > 20)
    raise BadInput(f"The data have no column {name!r}, which is to be the {what}.{hint} There are {there}.")


def problem_type_of(values: Any, name: str, given: str | None) -> tuple[str, list[str]]:
    """Returns the problem's type and the sorted classes. values: the target as texts, without missing ones.

    Raises BadInput when there is nothing to learn, or what was given does not fit.
    """
    numbers = as_numbers(values)
    strange = values[numbers.isna()]
    labels = class_labels(values)
    distinct = labels.nunique()
    if distinct == 1:
        raise BadInput(
            f"The target column {name!r} has one value only, {str(labels.iloc[0])[:40]!r}, in all "
            f"{len(values)} rows. There is nothing to predict."
        )
    problem_type = given or _inferred(numbers, len(strange), distinct)
    if problem_type == REGRESSION:
        if len(strange):
            raise BadInput(
                f"The target column {name!r} has values that are no numbers, such as "
                f"{str(strange.iloc[0])[:40]!r} ({len(strange)} of {len(values)} rows). Correct them, or "
                "choose a classification."
            )
        return REGRESSION, []
    _check_classes(labels, name, problem_type, distinct)
    return problem_type, sorted_classes(labels)


def sorted_classes(labels: Any) -> list[str]:
    """Returns the classes, numbers by their value."""
    classes = [str(each) for each in labels.unique()]
    try:
        return sorted(classes, key=float)
    except ValueError:
        return sorted(classes)


def _inferred(numbers: Any, strange: int, distinct: int) -> str:
    if distinct == 2:
        return BINARY
    if strange:
        return MULTICLASS
    whole = bool((numbers % 1 == 0).all())
    return MULTICLASS if whole and distinct <= _CLASSES_PER_ROW * len(numbers) else REGRESSION


def _check_classes(labels: Any, name: str, problem_type: str, distinct: int) -> None:
    if problem_type == BINARY and distinct != 2:
        raise BadInput(
            f"The target column {name!r} has {distinct} values; a BinaryClassification needs two. Choose "
            f"{MULTICLASS}."
        )
    counts = labels.value_counts()
    if (counts < 2).mean() > 0.5:
        raise BadInput(
            f"The target column {name!r} has {distinct} values in {len(labels)} rows, most of them once, as "
            "an id has. Choose another target, or the problem type Regression for numbers."
        )
    if distinct > MOST_CLASSES:
        raise BadInput(
            f"The target column {name!r} has {distinct} classes; at most {MOST_CLASSES} can be learned."
        )
