"""Rows of a request for a model, and its answer, as AWS's containers of AutoML candidates have them.

What is answered of each row, and in which order, says the variable SAGEMAKER_INFERENCE_OUTPUT: of
``predicted_label``, ``probability``, ``probabilities`` and ``labels``, separated by commas.
"""

from __future__ import annotations

import csv
import io
import json
import os
from typing import Any

import numpy as np
import pandas as pd

from .model import Model, Prediction
from .schema import Schema
from .trouble import BadInput

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
LABEL, PROBABILITY, PROBABILITIES, LABELS = "predicted_label", "probability", "probabilities", "labels"
KEYS = (LABEL, PROBABILITY, PROBABILITIES, LABELS)
_MISSING = {"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "#N/A", "<NA>"}


def inference_keys(schema: Schema) -> list[str]:
    """Returns what is answered of a row. Raises BadInput for a variable that names what can't be."""
    asked = [
        key.strip() for key in os.environ.get("SAGEMAKER_INFERENCE_OUTPUT", "").split(",") if key.strip()
    ]
    can = [LABEL] if schema.is_regression else list(KEYS)
    unknown = [key for key in asked if key not in can]
    if unknown:
        raise BadInput(
            f"SAGEMAKER_INFERENCE_OUTPUT names {unknown[0]!r}; this model can answer {', '.join(can)}."
        )
    return asked or [LABEL]


def rows_of(body: str, content_type: str, schema: Schema) -> Any:
    """Returns the table of texts in a request's body. Raises BadInput, which names the row or the column."""
    if content_type == CSV:
        return _from_csv(body, schema)
    if content_type in (JSON, JSON_LINES):
        return _from_json(body, content_type, schema)
    raise BadInput(f"The content type {content_type} can't be read here. Send {CSV}, {JSON} or {JSON_LINES}.")


def answer(prediction: Prediction, keys: list[str], classes: list[str], accept: str) -> str:
    """Returns the body of an answer."""
    rows = list(_answers(prediction, keys, classes))
    if accept == JSON:
        return json.dumps({"predictions": rows}, ensure_ascii=False)
    if accept == JSON_LINES:
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow([_csv_cell(row[key]) for key in keys])
    return out.getvalue()


def _answers(prediction: Prediction, keys: list[str], classes: list[str]) -> Any:
    chances = prediction.probabilities
    for position, label in enumerate(prediction.labels):
        row: dict[str, Any] = {}
        for key in keys:
            if key == LABEL:
                row[key] = str(label) if chances is not None else float(label)
            elif key == LABELS:
                row[key] = classes
            elif key == PROBABILITIES:
                row[key] = [float(each) for each in chances[position]]
            else:
                # Of two classes that of the positive one, otherwise that of the predicted one.
                positive = len(classes) == 2
                row[key] = float(
                    chances[position][1] if positive else chances[position][classes.index(str(label))]
                )
        yield row


def _csv_cell(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)


def _from_csv(body: str, schema: Schema) -> Any:
    try:
        rows = [
            row
            for row in csv.reader(io.StringIO(body.lstrip("\ufeff"), newline=""), skipinitialspace=True)
            if row
        ]
    except csv.Error as error:
        raise BadInput(f"The body is not CSV: {error}") from None
    if not rows:
        raise BadInput("The body has no row.")
    names = [cell.strip() for cell in rows[0]]
    if set(schema.names) <= set(names) and len(set(names)) == len(names):
        return _table(rows[1:], names, schema) if len(rows) > 1 else _refuse_header_only()
    columns = _columns_of_width(len(rows[0]), schema)
    return _table(rows, columns, schema)


def _columns_of_width(width: int, schema: Schema) -> list[str]:
    """Returns what rows without a header consist of: the columns of the data without target and weight, or
    only those that the model uses."""
    every = [column.name for column in schema.columns]
    for columns in (every, schema.names):
        if len(columns) == width:
            return columns
    raise BadInput(
        f"A row has {width} values; this model takes {len(every)}, without the target: "
        f"{', '.join(every[:20])}{', ...' * (len(every) > 20)}. Or send a header."
    )


def _refuse_header_only() -> Any:
    raise BadInput("The body has a header, but no row.")


def _table(rows: list[list[str]], columns: list[str], schema: Schema) -> Any:
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns):
            raise BadInput(f"Row {number} has {len(row)} values; the others have {len(columns)}.")
    table = pd.DataFrame(rows, columns=columns, dtype=object)[schema.names]
    return table.where(~table.isin(_MISSING), np.nan)


def _from_json(body: str, content_type: str, schema: Schema) -> Any:
    try:
        if content_type == JSON_LINES:
            given: Any = [json.loads(line) for line in body.splitlines() if line.strip()]
        else:
            given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The body is not {content_type}: {error}") from None
    if isinstance(given, dict):
        given = next((given[key] for key in ("instances", "data", "features") if key in given), [given])
    if not isinstance(given, list) or not given:
        raise BadInput('The body must be a list of rows, or {"instances": [row, ...]}.')
    if not any(isinstance(row, (list, dict)) for row in given):
        given = [given]
    rows = [_features(row) for row in given]
    if all(isinstance(row, dict) for row in rows):
        return _from_objects(rows, schema)
    if not all(isinstance(row, list) for row in rows):
        raise BadInput("Each row must be a list of values, or each an object of column names and values.")
    texts = [[_text(cell) for cell in row] for row in rows]
    return _table(texts, _columns_of_width(len(rows[0]), schema), schema)


def _features(row: Any) -> Any:
    return row["features"] if isinstance(row, dict) and isinstance(row.get("features"), (list, dict)) else row


def _from_objects(rows: list[dict[str, Any]], schema: Schema) -> Any:
    named = set().union(*rows)
    lacks = [name for name in schema.names if name not in named]
    if lacks:
        raise BadInput(f"No row has the column {lacks[0]!r}. Give null where a value is missing.")
    return _table([[_text(row.get(name)) for name in schema.names] for row in rows], schema.names, schema)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def load(folder: str) -> Model:
    """Loads a model, and predicts once: the first prediction of the engine takes longer than others."""
    model = Model(folder)
    inference_keys(model.schema)
    model.predict(
        pd.DataFrame([[np.nan] * len(model.schema.names)], columns=model.schema.names, dtype=object)
    )
    return model
