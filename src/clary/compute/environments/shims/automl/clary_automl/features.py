"""Fits a feature pipeline, and applies it to the training and the validation rows.

Transformed rows are Parquet: the target, then the features ``f0``, ``f1`` ... as 32-bit floats, then the
weight where there is one.
"""

from __future__ import annotations

import os
import tarfile
from typing import Any

import joblib
import numpy as np
import pandas as pd

from .hyperparameters import choice, whole
from .model import PIPELINE
from .pipelines import MEANINGS, make_pipeline_of
from .reading import read_table
from .schema import Schema
from .train import read_split
from .trouble import BadInput, base_folder

FILE = "part-0.parquet"
TARGET, WEIGHT = "__target__", "__weight__"


def fit_features(given: dict[str, str], _rest: list[str]) -> None:
    seed = whole(given, "_seed", 0, low=0, high=2**31 - 1)
    name = choice(given, "pipeline", "dpp0", tuple(MEANINGS))
    schema, table, _ = read_split(seed)
    print(f"{name}: {MEANINGS[name]}", flush=True)
    pipeline = make_pipeline_of(name, schema, len(table), seed)
    try:
        features = pipeline.fit_transform(schema.typed(table), codes_of(schema, table))
    except ValueError as error:
        raise BadInput(f"The feature pipeline {name} can't be fitted to these data: {error}") from error
    print(f"{len(schema.features)} columns become {features.shape[1]} features", flush=True)
    folder = os.path.join(base_folder(), "model")
    os.makedirs(folder, exist_ok=True)
    joblib.dump(pipeline, os.path.join(folder, PIPELINE))
    schema.write(folder)


def apply_features(_given: dict[str, str], _rest: list[str]) -> None:
    inputs = os.path.join(base_folder(), "processing/input")
    folder = unpacked(os.path.join(inputs, "pipeline"))
    schema = Schema.read(folder)
    pipeline = joblib.load(os.path.join(folder, PIPELINE))
    for part in ("train", "validation"):
        table = read_table(os.path.join(inputs, part), what=part)
        write_features(os.path.join(base_folder(), "processing/output", part), schema, table, pipeline)


def write_features(folder: str, schema: Schema, table: Any, pipeline: Any) -> None:
    features = np.asarray(pipeline.transform(schema.typed(table)), dtype=np.float32)
    columns: dict[str, Any] = {TARGET: schema.truth(table).to_numpy()}
    columns |= {f"f{number}": features[:, number] for number in range(features.shape[1])}
    if (weights := schema.weights(table)) is not None:
        columns[WEIGHT] = weights
    os.makedirs(folder, exist_ok=True)
    pd.DataFrame(columns).to_parquet(os.path.join(folder, FILE), index=False)
    schema.write(folder)


def read_features(folder: str) -> tuple[Any, Any, Any]:
    """Returns (features as [rows, features], truth, weights or None). Raises BadInput."""
    path = os.path.join(folder, FILE)
    if not os.path.isfile(path):
        raise BadInput(
            f"There is no {FILE} in the channel {os.path.basename(folder)}; apply-features writes it."
        )
    table = pd.read_parquet(path)
    weights = table.pop(WEIGHT).to_numpy() if WEIGHT in table else None
    truth = table.pop(TARGET).to_numpy()
    return table.to_numpy(dtype=np.float32), truth, weights


def codes_of(schema: Schema, table: Any) -> Any:
    """Returns the target as numbers; classes as their position in the schema."""
    truth = schema.truth(table)
    return truth.to_numpy() if schema.is_regression else codes(schema, truth)


def codes(schema: Schema, truth: Any) -> Any:
    positions = {name: position for position, name in enumerate(schema.classes)}
    return np.array([positions[str(each)] for each in truth], dtype=int)


def unpacked(folder: str) -> str:
    """Returns the folder of a model that a job left: unpacked beside it, when it is an archive."""
    archive = os.path.join(folder, "model.tar.gz")
    if not os.path.isfile(archive):
        return folder
    target = os.path.join(os.environ.get("TMPDIR", "/tmp"), "automl-" + os.path.basename(folder))
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target


PROGRAMS = {"fit-features": fit_features, "apply-features": apply_features}
