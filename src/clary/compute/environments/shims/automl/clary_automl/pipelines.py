"""Feature pipelines of scikit-learn: how each kind of column becomes numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)

from .columns import CATEGORICAL, DATETIME, NUMERIC, TEXT
from .schema import Schema

MOST_CATEGORIES = 50
MOST_WORDS = 5000
TEXT_FEATURES = 32
_SECONDS_A_DAY = 86400.0

MEANINGS = {
    "dpp0": "scaled numbers, categories as indicators",
    "dpp1": "numbers by their rank, categories by the mean target",
    "dpp2": "as dpp0, then principal components with 99 % of the variance",
}


def make_pipeline_of(name: str, schema: Schema, rows: int, seed: int) -> Any:
    """Returns an unfitted pipeline for typed features. rows: of the data that it will be fitted on."""
    by_kind = {kind: [each.name for each in schema.features if each.kind == kind] for kind in
               (NUMERIC, CATEGORICAL, DATETIME, TEXT)}  # fmt: skip
    by_rank = name == "dpp1"
    steps: list[tuple[str, Any, Any]] = []
    if by_kind[NUMERIC]:
        steps.append(("numbers", _numbers(rows, by_rank=by_rank, seed=seed), by_kind[NUMERIC]))
    if by_kind[CATEGORICAL]:
        steps.append(("categories", _categories(schema, by_mean=by_rank, seed=seed), by_kind[CATEGORICAL]))
    if by_kind[DATETIME]:
        steps.append(("dates", _dates(), by_kind[DATETIME]))
    # A vectorizer takes one column of texts.
    steps += [(f"text {number}", _texts(rows, seed), text) for number, text in enumerate(by_kind[TEXT])]
    pipeline = [("columns", ColumnTransformer(steps, sparse_threshold=0))]
    if name == "dpp2":
        pipeline += [("scale", StandardScaler()), ("components", PCA(0.99, svd_solver="full"))]
    return Pipeline(pipeline)


def date_parts(table: Any) -> Any:
    """Returns for each date its day since 1970 and where it lies in the year, the week and the day."""
    parts = {}
    for name in table.columns:
        dates = pd.to_datetime(table[name])
        day = dates.dt
        seconds = day.hour * 3600 + day.minute * 60 + day.second
        parts[f"{name} day"] = (dates - pd.Timestamp(0)).dt.total_seconds() / _SECONDS_A_DAY
        for what, share in (
            ("year", day.dayofyear / 366), ("week", day.dayofweek / 7), ("time", seconds / _SECONDS_A_DAY),
        ):  # fmt: skip
            parts[f"{name} sin {what}"] = np.sin(2 * np.pi * share)
            parts[f"{name} cos {what}"] = np.cos(2 * np.pi * share)
    return pd.DataFrame(parts, index=table.index)


def category_texts(table: Any) -> Any:
    return table.astype(object).where(table.notna(), "missing").astype(str)


def one_text(column: Any) -> Any:
    return column.fillna("").astype(str)


def _numbers(rows: int, *, by_rank: bool, seed: int) -> Any:
    if by_rank:
        scale: Any = QuantileTransformer(
            n_quantiles=min(rows, 1000), output_distribution="normal", random_state=seed
        )
    else:
        scale = StandardScaler()
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), scale
    )


def _categories(schema: Schema, *, by_mean: bool, seed: int) -> Any:
    texts = FunctionTransformer(category_texts)
    if by_mean:
        kind = "continuous" if schema.is_regression else "auto"
        return make_pipeline(
            texts, TargetEncoder(target_type=kind, random_state=seed, cv=5), StandardScaler()
        )
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
    )
    return make_pipeline(texts, encoder)


def _dates() -> Any:
    return make_pipeline(
        FunctionTransformer(date_parts), SimpleImputer(keep_empty_features=True), StandardScaler()
    )


def _texts(rows: int, seed: int) -> Any:
    return make_pipeline(
        FunctionTransformer(one_text),
        TfidfVectorizer(max_features=MOST_WORDS, ngram_range=(1, 2), sublinear_tf=True, min_df=min(2, rows)),
        TruncatedSVD(TEXT_FEATURES, random_state=seed),
    )
