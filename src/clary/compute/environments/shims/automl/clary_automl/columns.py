"""What the columns of a table are: numbers, categories, dates, texts; and which are of no use."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

NUMERIC, CATEGORICAL, TEXT, DATETIME = "numeric", "categorical", "text", "datetime"
ID, CONSTANT = "id", "constant"
KINDS = (NUMERIC, CATEGORICAL, TEXT, DATETIME)

_MOSTLY = 0.95
"""The part of the values that must be numbers, or dates. Others then count as missing."""
_SAMPLE = 2000
_FEW_ROWS = 20
"""With fewer rows, values that are all different say nothing."""
_TEXT_WORDS = 3.0
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}:\d{2}|\d{1,2} [A-Za-z]{3,9} \d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4}"
)
_ID_NAME = re.compile(r"(?i:(^|[_\s-])(id|uuid|guid|key|index|rowid)$|^unnamed)|[a-z](Id|ID|Key|Uuid)$")


@dataclass(frozen=True)
class Column:
    """kind: one of ``KINDS``, ``id`` or ``constant``. why: a column is not used; empty for one that is."""

    name: str
    kind: str
    missing: int = 0
    distinct: int = 0
    why: str = ""

    @property
    def used(self) -> bool:
        return not self.why


def describe_column(values: Any, name: str, declared: str = "") -> Column:
    """Returns what a column of texts is. declared: what the user says that it is, or empty."""
    present = values.dropna()
    missing, distinct = int(values.isna().sum()), int(present.nunique())
    column = Column(name, declared or CATEGORICAL, missing, distinct)
    if not len(present):
        return _left_out(column, CONSTANT, "it has no value")
    if distinct == 1 and not missing:
        return _left_out(column, CONSTANT, f"all rows have the value {str(present.iloc[0])[:40]!r}")
    if declared:
        return column
    kind = _kind(present)
    if why := _why_id(present, name, kind):
        return _left_out(column, ID, why)
    return Column(name, kind, missing, distinct)


def as_numbers(values: Any) -> Any:
    """Returns texts as 64-bit floats; NaN for what is no finite number."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def as_dates(values: Any) -> Any:
    """Returns texts as dates without a time zone; NaT for what is no date."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
    return found.dt.tz_localize(None)


def _kind(present: Any) -> str:
    if as_numbers(present).notna().mean() >= _MOSTLY:
        return NUMERIC
    sample = present.sample(min(_SAMPLE, len(present)), random_state=0)
    if sample.str.contains(_DATE).mean() >= _MOSTLY and as_dates(sample).notna().mean() >= _MOSTLY:
        return DATETIME
    words = sample.str.split().str.len().mean()
    if words >= _TEXT_WORDS and present.nunique() > max(_FEW_ROWS, 0.05 * len(present)):
        return TEXT
    return CATEGORICAL


def _why_id(present: Any, name: str, kind: str) -> str:
    """Returns why a column only names its rows; empty when it does not seem to."""
    if len(present) < _FEW_ROWS or present.nunique() < 0.99 * len(present):
        return ""
    if kind == CATEGORICAL:
        return "nearly every row has a value of its own"
    if kind != NUMERIC:
        return ""
    numbers = as_numbers(present).dropna().to_numpy()
    if not np.array_equal(numbers, np.floor(numbers)):
        return ""
    if np.all(np.diff(np.sort(numbers)) == 1):
        return "it numbers the rows"
    if _ID_NAME.search(name):
        return "every row has a number of its own"
    return ""


def _left_out(column: Column, kind: str, why: str) -> Column:
    return Column(column.name, kind, column.missing, column.distinct, why)
