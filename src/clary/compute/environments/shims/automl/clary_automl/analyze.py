"""The first job: reads the data, decides what the columns are and what is tried, writes split and plan."""

from __future__ import annotations

import json
import os
from typing import Any

from sklearn.model_selection import train_test_split

from .columns import KINDS, Column, as_numbers, describe_column
from .config import Config, read_config
from .metrics import metric_for
from .needs import memory_mib
from .notebooks import candidate_notebook, exploration_notebook
from .plan import make_plan
from .reading import data_files, read_table
from .schema import Schema
from .target import FEWEST_ROWS, find_column, problem_type_of
from .trouble import BadInput, base_folder

VALIDATION_SHARE = 0.2
SPLIT_FILE = "part-0.csv"


def analyze(_given: dict[str, str], _rest: list[str]) -> None:
    config = read_config()
    inputs = os.path.join(base_folder(), "processing/input")
    table = read_table(os.path.join(inputs, "train"), config.content_type)
    size_bytes = sum(os.path.getsize(path) for path in data_files(os.path.join(inputs, "train")))
    schema, table = describe(table, config, _asked_features(os.path.join(inputs, "features"), config))
    print(
        f"{len(table)} rows, {len(schema.features)} of {len(schema.columns)} columns, {schema.problem_type}",
        flush=True,
    )
    for column in schema.columns:
        if not column.used:
            print(f"left out: {column.name}: {column.why}", flush=True)
    if data_files(os.path.join(inputs, "validation")):
        train, validation = table, _given_validation(inputs, config, schema)
    else:
        train, validation = split(table, schema, config.validation_fraction or VALIDATION_SHARE, config.seed)
    outputs = os.path.join(base_folder(), "processing/output")
    for name, part in (("train", train), ("validation", validation)):
        _write_part(os.path.join(outputs, "data", name), part, schema)
    given_split = bool(config.validation_fraction or data_files(os.path.join(inputs, "validation")))
    plan = make_plan(schema, config, rows=len(table), size_bytes=size_bytes, given_split=given_split)
    plan["memory_mib"] = memory_mib(schema, table)
    _write_json(os.path.join(outputs, "plan"), "plan.json", plan)
    notebooks = os.path.join(outputs, "notebooks")
    exploration_notebook(notebooks, table, schema, config)
    candidate_notebook(notebooks, schema, config, plan)


def describe(table: Any, config: Config, asked: dict[str, str] | None = None) -> tuple[Schema, Any]:
    """Returns the schema, and the rows that have a target. asked: feature to its declared kind; None: all."""
    columns = list(table.columns)
    target = find_column(config.target, columns, "target")
    weight = find_column(config.sample_weight, columns, "sample weight") if config.sample_weight else ""
    if weight == target:
        raise BadInput(f"The column {target!r} can't be both the target and the sample weight.")
    for name in asked or {}:
        find_column(name, columns, "feature")
    total = len(table)
    table = table[table[target].notna()].reset_index(drop=True)
    if not len(table):
        raise BadInput(f"No row has a value in the target column {target!r} ({total} rows).")
    problem_type, classes = problem_type_of(table[target], target, config.problem_type)
    metric = metric_for(config.metric, problem_type)
    if len(table) < FEWEST_ROWS:
        raise BadInput(f"The data have {len(table)} rows with a target; at least {FEWEST_ROWS} are needed.")
    if weight:
        _check_weights(table[weight], weight)
    found = [
        describe_column(table[name], name, (asked or {}).get(name, ""))
        for name in columns
        if name not in (target, weight)
    ]
    if asked is not None:
        found = [each if each.name in asked else _not_asked(each) for each in found]
    if not any(column.used for column in found):
        why = "; ".join(f"{column.name}: {column.why}" for column in found[:10])
        raise BadInput(f"No column is left to predict {target!r} from. {why}")
    return Schema(target, problem_type, metric.name, found, classes, weight), table


def split(table: Any, schema: Schema, share: float, seed: int) -> tuple[Any, Any]:
    """Returns training and validation rows, with the same part of each class. Rare classes are training's."""
    if not 0 < share < 1:
        raise BadInput(f"ValidationFraction is {share}; it must be between 0 and 1.")
    rows = max(1, round(share * len(table)))
    if schema.is_regression:
        train, validation = train_test_split(table, test_size=rows, random_state=seed)
        return train.sort_index(), validation.sort_index()
    labels = schema.truth(table)
    counts = labels.map(labels.value_counts())
    common = table[counts * share >= 1]
    if not len(common) or len(common) < rows:
        train, validation = train_test_split(table, test_size=rows, random_state=seed)
    else:
        _, validation = train_test_split(
            common, test_size=max(round(share * len(common)), labels[common.index].nunique()),
            random_state=seed, stratify=labels[common.index],
        )  # fmt: skip
        train = table.drop(validation.index)
    return train.sort_index(), validation.sort_index()


def _given_validation(inputs: str, config: Config, schema: Schema) -> Any:
    table = read_table(os.path.join(inputs, "validation"), config.content_type, "validation")
    wanted = [
        schema.target,
        *(column.name for column in schema.columns),
        *[schema.weight] * bool(schema.weight),
    ]
    lacks = [name for name in wanted if name not in table.columns]
    if lacks:
        raise BadInput(f"The validation data lack the column {lacks[0]!r}, which the training data have.")
    table = table[table[schema.target].notna()].reset_index(drop=True)
    if not len(table):
        raise BadInput(f"No row of the validation data has a value in the target column {schema.target!r}.")
    truth = schema.truth(table)
    if schema.is_regression and truth.isna().any():
        raise BadInput(
            f"The target column {schema.target!r} of the validation data has values that are no numbers."
        )
    unknown = [] if schema.is_regression else sorted(set(truth) - set(schema.classes))
    if unknown:
        raise BadInput(
            f"The validation data have the class {unknown[0]!r}, which the training data have not."
        )
    return table


def _asked_features(folder: str, config: Config) -> dict[str, str] | None:
    """Returns the features of a FeatureSpecificationS3Uri, each with its declared kind or an empty text."""
    paths = data_files(folder)
    if not paths:
        return dict.fromkeys(config.features, "") or None
    try:
        with open(paths[0], encoding="utf-8") as file:
            raw = json.load(file)
        names, types = raw["FeatureAttributeNames"], raw.get("FeatureDataTypes", {})
        asked = {str(name): str(types.get(name, "")) for name in [*names, *types]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(
            "The file of FeatureSpecificationS3Uri must be JSON like "
            '{"FeatureAttributeNames": ["a"], "FeatureDataTypes": {"a": "numeric"}}.'
        ) from None
    for name, kind in asked.items():
        if kind and kind not in KINDS:
            raise BadInput(f"FeatureDataTypes says {kind!r} of {name!r}; it can say {', '.join(KINDS)}.")
    return asked


def _not_asked(column: Column) -> Column:
    why = column.why or "the feature specification does not name it"
    return Column(column.name, column.kind, column.missing, column.distinct, why)


def _check_weights(values: Any, name: str) -> None:
    numbers = as_numbers(values)
    if numbers.isna().any() or (numbers < 0).any() or not numbers.sum() > 0:
        raise BadInput(
            f"The sample weights in {name!r} must be numbers of at least 0, in every row, and not all 0."
        )


def _write_part(folder: str, part: Any, schema: Schema) -> None:
    """Writes rows with the target first, as scripts that know no header expect it."""
    schema.write(folder)
    columns = [
        schema.target,
        *(column.name for column in schema.columns),
        *[schema.weight] * bool(schema.weight),
    ]
    part[columns].to_csv(os.path.join(folder, SPLIT_FILE), index=False)


def _write_json(folder: str, name: str, content: Any) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)


PROGRAMS = {"analyze": analyze}
