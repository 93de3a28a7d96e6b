"""What each column contributes to the predictions: Kernel SHAP, which is also what AWS Clarify computes.

The method wants numbers. So a row is given to it as positions in the list of each column's values, and what
it asks for is predicted from the texts that stand there. Any column is explained as it came.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .model import Model

MOST_ROWS, FEWEST_ROWS = 40, 5
"""Rows that are explained; the columns' global values are means over them."""
MOST_PREDICTIONS = 10_000
"""Of all rows together. Fewer rows are explained where there are many columns."""
MOST_CLASSES = 10


def explanations(model: Model, train: Any, validation: Any, seed: int) -> dict[str, Any]:
    """Returns what ``analysis.json`` has. validation: the rows to explain some of."""
    names = model.schema.names
    count = max(FEWEST_ROWS, min(MOST_ROWS, MOST_PREDICTIONS // _samples(names)))
    rows = validation[names].sample(min(count, len(validation)), random_state=seed)
    base = _baseline(model, train)
    cells = pd.concat([base, rows], ignore_index=True)
    coded, values = _coded(cells)
    shap_values, expected = _shap(model, coded, values, seed)
    classes = model.schema.classes
    labels = {
        f"label{number}": {
            **({"label": classes[number]} if len(classes) > 2 else {}),
            "global_shap_values": {
                name: float(value) for name, value in zip(names, np.abs(each).mean(axis=0), strict=True)
            },
            "expected_value": float(expected[number]),
        }
        for number, each in enumerate(shap_values)
    }
    return {
        "version": "1.0",
        "explanations": {"kernel_shap": labels},
        "rows": len(rows),
        "baseline": {name: _plain(base[name].iloc[0]) for name in names},
    }


def _baseline(model: Model, train: Any) -> Any:
    """Returns one row: the median of numbers, the most frequent of other values."""
    cells = {}
    for column in model.schema.features:
        present = train[column.name].dropna()
        if column.kind == "numeric":
            numbers = pd.to_numeric(present, errors="coerce").dropna()
            cells[column.name] = str(numbers.median()) if len(numbers) else np.nan
        else:
            cells[column.name] = present.mode().iloc[0] if len(present) else np.nan
    return pd.DataFrame([cells], dtype=object)


def _coded(cells: Any) -> tuple[Any, list[Any]]:
    """Returns [rows, columns] of positions, and for each column the values that they stand for."""
    codes, values = [], []
    for name in cells.columns:
        positions, found = pd.factorize(cells[name], use_na_sentinel=False)
        codes.append(positions)
        values.append(np.asarray(found, dtype=object))
    return np.stack(codes, axis=1).astype(float), values


def _shap(model: Model, coded: Any, values: list[Any], seed: int) -> tuple[list[Any], Any]:
    """Returns for each output [rows, columns] of contributions, and the prediction of the baseline."""
    import shap

    names = model.schema.names
    classes = model.schema.classes
    # A regression has one output and no class.
    kept = [1] if len(classes) == 2 else list(range(min(len(classes), MOST_CLASSES))) or [0]

    def predict(positions: Any) -> Any:
        table = pd.DataFrame(
            {name: values[i][positions[:, i].astype(int)] for i, name in enumerate(names)}, dtype=object
        )
        found = model.predict(table)
        return found.labels[:, None] if found.probabilities is None else found.probabilities[:, kept]

    def explained(answer: Callable[[Any], Any]) -> tuple[Any, Any]:
        np.random.seed(seed)
        explainer = shap.KernelExplainer(answer, coded[:1], seed=seed)
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            found = np.asarray(
                explainer.shap_values(coded[1:], nsamples=_samples(names), l1_reg=False, silent=True)
            )
        return found, np.atleast_1d(explainer.expected_value)

    # What it asks for depends on the seed and the rows, not on the answers. So it is asked twice: to know all
    # questions, and to hear the answers of one prediction. One for each row took three times as long.
    asked: list[Any] = []

    def noted(positions: Any) -> Any:
        asked.append(np.array(positions))
        return np.zeros((len(positions), len(kept)))

    explained(noted)
    ends = np.cumsum([len(each) for each in asked])[:-1]
    answers = iter(np.split(predict(np.concatenate(asked)), ends))
    found, expected = explained(lambda _: next(answers))
    found = found[..., None] if found.ndim == 2 else found
    return [found[..., number] for number in range(found.shape[-1])], expected


def _samples(names: list[str]) -> int:
    """Returns how many predictions explain a row: more than there are columns to tell apart."""
    return 2 * len(names) + 128


def _plain(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)
