"""Trains one candidate: models of the engine, or an algorithm on features of a pipeline."""

from __future__ import annotations

import os
import shutil
import time
from typing import Any

import pandas as pd

from . import engine, model
from .analyze import VALIDATION_SHARE, describe, split
from .columns import as_numbers
from .config import Config
from .hyperparameters import choice, number, whole
from .metrics import class_scores, log_scores, number_scores
from .reading import read_table
from .schema import FILE, Schema
from .trouble import BadInput, base_folder

DEFAULT_CANDIDATE = "lightgbm"
MOST_ROWS_OF_TRAIN_METRICS = 20_000


def train(given: dict[str, str], _rest: list[str]) -> None:
    began = time.monotonic()
    if given.get("algorithm"):
        from .tuned import train_tuned

        train_tuned(given)
        return
    schema, train_table, validation = read_split(_seed(given))
    folder = os.path.join(base_folder(), "model")
    candidate = given.get("candidate", "") or DEFAULT_CANDIDATE
    families = [name for name in given.get("families", "").split(",") if name]
    models = engine.models_of(candidate, families)
    limit_s = number(given, "_time_limit_s", 300.0, low=1.0, high=30 * 86400.0)
    cross_validate = choice(given, "_cross_validation", "true", ("true", "false")) == "true"
    fitted = pd.concat([train_table, validation], ignore_index=True) if cross_validate else train_table
    data = _Data(schema, fitted)
    print(f"candidate {candidate}: {len(fitted)} rows, {len(schema.features)} columns", flush=True)
    work = os.path.join(os.environ.get("TMPDIR", "/tmp"), "automl-fit")
    predictor = engine.fit(
        schema,
        data.features,
        data.truth,
        data.weights,
        models=models,
        folder=work,
        time_limit_s=max(1.0, limit_s - (time.monotonic() - began)),
        cross_validate=cross_validate,
        seed=_seed(given),
    )
    if cross_validate:
        held_out = _out_of_fold(predictor, schema, data)
    else:
        rows = _Data(schema, validation)
        held_out = (rows.truth, model.engine_prediction(predictor, rows.features, schema), rows.weights)
    _finish(predictor, schema, data, held_out, folder)
    model.write_description(folder, candidate, given)
    shutil.rmtree(work, ignore_errors=True)


def read_split(seed: int) -> tuple[Schema, Any, Any]:
    """Returns schema, training and validation rows of the channels.

    Without the schema of an analysis the first column is the target, as in CSV files for SageMaker's own
    algorithms, and the rest is found out here.
    """
    folder = _channel("train")
    if not os.path.isdir(folder):
        raise BadInput("The channel train is missing; it has the rows to learn from.")
    table = read_table(folder)
    try:
        schema = Schema.read(folder)
    except FileNotFoundError:
        schema, table = describe(table, Config(target=str(table.columns[0])))
    _check_same_columns(schema, table, "train")
    if not os.path.isdir(_channel("validation")):
        return (schema, *split(table, schema, VALIDATION_SHARE, seed))
    validation = read_table(_channel("validation"), what="validation")
    _check_same_columns(schema, validation, "validation")
    return schema, table, validation


def scores(schema: Schema, truth: Any, prediction: model.Prediction, weights: Any) -> dict[str, float]:
    if schema.is_regression:
        return number_scores(truth, prediction.labels, weights)
    return class_scores(schema.classes, truth, prediction.labels, prediction.probabilities, weights)


class _Data:
    """The typed parts of a table. features, truth: of pandas. weights: an array or None."""

    def __init__(self, schema: Schema, table: Any) -> None:
        self.features = schema.typed(table)
        self.truth = schema.truth(table)
        self.weights = schema.weights(table)


def _out_of_fold(predictor: Any, schema: Schema, data: _Data) -> tuple[Any, model.Prediction, Any]:
    """Returns truth, predictions and weights; of each row by the models that were not fitted on it."""
    if schema.is_regression:
        found = predictor.predict_oof().dropna()
        kept = found.index
        prediction = model.Prediction(found.to_numpy(dtype=float))
    else:
        found = predictor.predict_proba_oof().dropna()
        # The engine leaves rows of very rare classes out, or adds copies of them.
        found = found[found.index.isin(data.truth.index) & ~found.index.duplicated()]
        kept = found.index
        prediction = model.of_frame(predictor, found, schema)
    weights = None if data.weights is None else data.weights[kept.to_numpy()]
    return data.truth[kept], prediction, weights


def _finish(predictor: Any, schema: Schema, data: _Data, held_out: Any, folder: str) -> None:
    """Logs the metrics and stores the model, without what is not needed to predict."""
    truth, prediction, weights = held_out
    leaders = predictor.leaderboard(silent=True)
    print(leaders[["model", "score_val", "fit_time"]].to_string(index=False), flush=True)
    few = data.features.sample(min(len(data.features), MOST_ROWS_OF_TRAIN_METRICS), random_state=0).index
    known = model.engine_prediction(predictor, data.features.loc[few], schema)
    known_weights = None if data.weights is None else data.weights[few.to_numpy()]
    log_scores("train", scores(schema, data.truth[few], known, known_weights))
    predictor.clone_for_deployment(os.path.join(folder, model.PREDICTOR), dirs_exist_ok=True)
    schema.write(folder)
    model.write_held_out(folder, schema, truth, prediction, weights)
    log_scores("validation", scores(schema, truth, prediction, weights))


def _channel(name: str) -> str:
    return os.path.join(base_folder(), "input/data", name)


def _seed(given: dict[str, str]) -> int:
    return whole(given, "_seed", 0, low=0, high=2**31 - 1)


def _check_same_columns(schema: Schema, table: Any, channel: str) -> None:
    wanted = [schema.target, *schema.names, *[schema.weight] * bool(schema.weight)]
    lacks = [name for name in wanted if name not in table.columns]
    if lacks:
        raise BadInput(f"The channel {channel} lacks the column {lacks[0]!r}, which its {FILE} names.")
    if (
        as_numbers(table[schema.target]).isna().any()
        if schema.is_regression
        else table[schema.target].isna().any()
    ):
        raise BadInput(f"The channel {channel} has rows without a usable target {schema.target!r}.")


PROGRAMS = {"train": train}
