"""The two notebooks of an AutoML job: what the data look like, and how its candidates are trained.

They use boto3, pandas and the ``sagemaker`` SDK (version 2) as anybody would, so they run wherever these
reach the account of the job.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import v4 as notebook

from . import notebook_cells as cells
from .config import Config
from .metrics import METRICS
from .plan import ENSEMBLING
from .schema import Schema
from .trouble import base_folder

EXPLORATION = "SageMakerAutopilotDataExplorationNotebook.ipynb"
CANDIDATES = "SageMakerAutopilotCandidateDefinitionNotebook.ipynb"
_SAMPLE_ROWS = 10
_MOST_SAMPLE_COLUMNS = 20
_CELL_CHARACTERS = 40


@dataclass(frozen=True)
class Place:
    """Where the analysis runs and what it writes to, as its job's configuration says."""

    image: str
    role: str
    instance_type: str
    train: str
    validation: str

    @classmethod
    def of_this_job(cls, config: Config) -> Place:
        path = os.path.join(base_folder(), "config/processingjobconfig.json")
        try:
            with open(path, encoding="utf-8") as file:
                job: dict[str, Any] = json.load(file)
        except FileNotFoundError:
            job = {}
        outputs = {
            os.path.basename(each["S3Output"]["LocalPath"].rstrip("/")): each["S3Output"]["S3Uri"]
            for each in job.get("ProcessingOutputConfig", {}).get("Outputs", [])
        }
        cluster = job.get("ProcessingResources", {}).get("ClusterConfig", {})
        return cls(
            image=job.get("AppSpecification", {}).get("ImageUri", "clary-automl:1"),
            role=job.get("RoleArn", config.role),
            instance_type=cluster.get("InstanceType", "ml.m5.xlarge"),
            train=outputs.get("train", f"{config.output_uri}/train"),
            validation=outputs.get("validation", f"{config.output_uri}/validation"),
        )


def exploration_notebook(folder: str, table: Any, schema: Schema, config: Config) -> None:
    place = Place.of_this_job(config)
    settings = {"TRAIN": place.train, "TARGET": schema.target, "REGRESSION": schema.is_regression}
    _write(
        folder,
        EXPLORATION,
        [
            f"# Data exploration of {config.job_name or 'an AutoML job'}\n\n{_summary(table, schema)}",
            "## The first rows\n\n" + _sample(table, schema),
            "## What the columns are\n\n" + _columns(table, schema),
            "## The training rows\n\nWhat follows reads them from S3, with the credentials of this notebook.",
            ("code", cells.settings(settings) + cells.READ_ROWS),
            "## The target",
            ("code", cells.TARGET),
            "## Numbers",
            ("code", cells.NUMBERS),
            "## Other columns",
            ("code", cells.CATEGORIES),
            "## Missing values and equal rows",
            ("code", cells.MISSING),
        ],
    )


def candidate_notebook(folder: str, schema: Schema, config: Config, plan: dict[str, Any]) -> None:
    place = Place.of_this_job(config)
    settings = {
        "JOB_NAME": config.job_name or "automl",
        "IMAGE": place.image,
        "ROLE": place.role,
        "INSTANCE_TYPE": place.instance_type,
        "TRAIN": place.train,
        "VALIDATION": place.validation,
        "OUTPUT": f"{config.output_uri.rstrip('/')}/notebook"
        if config.output_uri
        else place.train.rsplit("/", 2)[0],
        "OBJECTIVE": plan["objective"],
        "MAXIMIZE": plan["direction"] == "Maximize",
        "METRICS": sorted(
            each.log_name for each in METRICS.values() if schema.problem_type in each.problem_types
        ),
    }
    head = (
        f"# Candidates of {config.job_name or 'an AutoML job'}\n\n{schema.problem_type} of "
        f"`{_code(schema.target)}`, objective {schema.metric_name}. Run all cells to train the candidates as "
        "training jobs of your own. Change what you like before: a candidate is a set of hyperparameters."
        "\n\nNeeds `sagemaker<3` and `pandas`."
    )
    parts: list[Any] = [head, ("code", cells.settings(settings) + cells.START)]
    if plan["mode"] == ENSEMBLING:
        given = {each["name"]: each["hyperparameters"] for each in plan["candidates"]}
        parts += [
            "## Candidates\n\nEach is a bag of AutoGluon's models; `ensemble` weighs those of all families.",
            ("code", f"candidates = {_python(given)}"),
            "## Training",
            ("code", cells.TRAIN_CANDIDATES),
        ]
    else:
        given = {each["name"]: each["hyperparameters"] for each in plan["pipelines"]}
        parts += [
            "## Feature pipelines\n\nA training job fits each, and a processing job applies it.",
            ("code", f"pipelines = {_python(given)}"),
            ("code", cells.FIT_FEATURES),
            "## Algorithms and ranges",
            ("code", f"definitions = {_python(plan['definitions'])}"),
            "## Tuning",
            ("code", f"MAX_JOBS = {config.max_candidates or 20}\n" + cells.TUNE),
        ]
    parts += [
        "## Results",
        ("code", cells.RESULTS),
        "## Deployment\n\n`best` names the best training job. Remove the comment signs to deploy it to an "
        "endpoint, which costs until it is deleted.",
        ("code", cells.DEPLOY),
    ]
    _write(folder, CANDIDATES, parts)


def _write(folder: str, name: str, parts: list[Any]) -> None:
    """parts: a text of Markdown, or ("code", text)."""
    made = notebook.new_notebook(
        cells=[
            notebook.new_code_cell(part[1].strip())
            if isinstance(part, tuple)
            else notebook.new_markdown_cell(part)
            for part in parts
        ],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    os.makedirs(folder, exist_ok=True)
    nbformat.write(made, os.path.join(folder, name))


def _python(value: Any) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False).replace(": null", ": None")


def _summary(table: Any, schema: Schema) -> str:
    left_out = [column for column in schema.columns if not column.used]
    said = (
        f"The data have {len(table)} rows with a value of the target `{_code(schema.target)}` and "
        f"{len(schema.columns)} other columns, of which {len(schema.features)} are used. The problem is a "
        f"{schema.problem_type}, measured by {schema.metric_name}."
    )
    if left_out:
        said += "\n\nNot used:\n\n" + "\n".join(f"- `{_code(each.name)}`: {each.why}" for each in left_out)
    return said


def _sample(table: Any, schema: Schema) -> str:
    names = [schema.target, *(column.name for column in schema.columns)][:_MOST_SAMPLE_COLUMNS]
    rows = [[_cell(value) for value in row] for row in table[names].head(_SAMPLE_ROWS).to_numpy()]
    return _markdown(names, rows)


def _columns(table: Any, schema: Schema) -> str:
    rows = [
        [
            _cell(each.name),
            each.kind,
            f"{100 * each.missing / len(table):.1f} %",
            str(each.distinct),
            each.why or "yes",
        ]
        for each in schema.columns
    ]
    return _markdown(["column", "kind", "missing", "different values", "used"], rows)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [[_cell(each) for each in head], ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    """Returns a value of the data as text that Markdown takes for nothing else."""
    text = "" if value is None or value != value else str(value)
    text = " ".join(text.split())[:_CELL_CHARACTERS]
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("`", "&#96;")


def _code(name: str) -> str:
    return name.replace("`", "'").replace("\n", " ")
