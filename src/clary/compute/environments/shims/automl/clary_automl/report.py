"""Reports on the best candidate: how good it is on rows that it has not seen, and what moves its predictions.

report model-quality     statistics.json, in the form of AWS's model quality reports, and report.html
report explainability    analysis.json, in the form of AWS Clarify's, and report.html
"""

from __future__ import annotations

import json
import os
from typing import Any

import pandas as pd

from .config import Config, read_config
from .explain import explanations
from .features import unpacked
from .model import HELD_OUT, Model, Prediction, read_held_out
from .quality import statistics
from .reading import read_table
from .report_page import explainability_page, quality_page
from .trouble import BadInput, base_folder


def report(_given: dict[str, str], rest: list[str]) -> None:
    kinds = {"model-quality": _model_quality, "explainability": _explainability}
    if len(rest) != 1 or rest[0] not in kinds:
        raise BadInput(f"report needs one of {', '.join(kinds)}")
    config = read_config()
    inputs = os.path.join(base_folder(), "processing/input")
    model = Model(unpacked(os.path.join(inputs, "model")))
    kinds[rest[0]](model, config, inputs, os.path.join(base_folder(), "processing/output", rest[0]))


def _model_quality(model: Model, config: Config, inputs: str, output: str) -> None:
    truth, prediction, weights = _held_out(model, inputs)
    found = statistics(model.schema, truth, prediction, weights)
    _write(output, "statistics.json", json.dumps(found, indent=1))
    _write(output, "report.html", quality_page(model, config, found))
    print(f"model quality of {len(truth)} rows", flush=True)


def _explainability(model: Model, config: Config, inputs: str, output: str) -> None:
    train = read_table(os.path.join(inputs, "train"))
    found = explanations(model, train, _validation(inputs), config.seed)
    _write(output, "analysis.json", json.dumps(found, indent=1, ensure_ascii=False))
    _write(output, "report.html", explainability_page(model, config, found))


def _held_out(model: Model, inputs: str) -> tuple[Any, Prediction, Any]:
    """Returns truth, predictions and weights: those that the training kept; its model may know all."""
    if os.path.isfile(os.path.join(model.folder, HELD_OUT)):
        return read_held_out(model.folder, model.schema)
    table = _validation(inputs)
    truth = model.schema.truth(table)
    return truth.to_numpy(), model.predict(table), model.schema.weights(table)


def _validation(inputs: str) -> pd.DataFrame:
    return read_table(os.path.join(inputs, "validation"), what="validation")


def _write(folder: str, name: str, text: str) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


PROGRAMS = {"report": report}
