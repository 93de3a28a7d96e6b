"""The columns of a table and what is predicted: made by the analysis, kept with data and models."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from .columns import CATEGORICAL, DATETIME, NUMERIC, Column, as_dates, as_numbers
from .metrics import METRICS, REGRESSION, Metric
from .trouble import BadInput

FILE = "schema.json"


@dataclass(frozen=True)
class Schema:
    """columns: all of the table but target and weight, in its order. classes: sorted, the second of two is
    positive; empty for a regression. weight: the column of sample weights, or empty."""

    target: str
    problem_type: str
    metric_name: str
    columns: list[Column] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    weight: str = ""

    @property
    def metric(self) -> Metric:
        return METRICS[self.metric_name]

    @property
    def features(self) -> list[Column]:
        """The columns that models use."""
        return [column for column in self.columns if column.used]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.features]

    @property
    def is_regression(self) -> bool:
        return self.problem_type == REGRESSION

    def typed(self, table: Any) -> Any:
        """Returns the features of a table of texts, each with the type of its kind."""
        return pd.DataFrame(
            {column.name: _typed(table[column.name], column.kind) for column in self.features},
            index=table.index,
        )

    def truth(self, table: Any) -> Any:
        """Returns the target of a table of texts: numbers, or texts of classes."""
        values = table[self.target]
        if self.is_regression:
            return as_numbers(values)
        # Whether 1.0 is the class 1 depends on all rows that were analyzed, of which these may be a part.
        as_written = values.map(lambda each: str(each).strip(), na_action="ignore")
        return as_written.where(as_written.isin(self.classes), class_labels(values)).astype(object)

    def weights(self, table: Any) -> Any:
        """Returns the sample weights of a table, or None without a weight column."""
        if not self.weight or self.weight not in table:
            return None
        return as_numbers(table[self.weight]).to_numpy()

    def write(self, folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, FILE), "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False)

    @classmethod
    def read(cls, folder: str) -> Schema:
        """Raises FileNotFoundError, and BadInput for a file that is none."""
        with open(os.path.join(folder, FILE), encoding="utf-8") as file:
            try:
                raw = json.load(file)
                return cls(**{**raw, "columns": [Column(**each) for each in raw["columns"]]})
            except (ValueError, TypeError, KeyError) as error:
                raise BadInput(f"{FILE} in the data is not one that the analysis wrote: {error}") from None


def class_labels(values: Any) -> Any:
    """Returns texts of classes. Whole numbers are written as such: the class ``1.0`` is the class ``1``."""
    numbers = as_numbers(values)
    if numbers[values.notna()].notna().all() and (numbers.dropna() % 1 == 0).all():
        return numbers.map(lambda each: str(int(each)), na_action="ignore").astype(object)
    return values.map(lambda each: str(each).strip(), na_action="ignore").astype(object)


def _typed(values: Any, kind: str) -> Any:
    if kind == NUMERIC:
        return as_numbers(values)
    if kind == DATETIME:
        return as_dates(values)
    texts = values.astype(object).where(values.notna(), None)
    return texts.astype("category") if kind == CATEGORICAL else texts.fillna("")
