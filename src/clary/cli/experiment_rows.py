"""Trial components as rows of a table: one column for each parameter, artifact and statistic of a metric."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Row = dict[str, Any]

STATISTICS = ("Min", "Max", "Avg", "StdDev", "Last", "Count")

SCRIPT_MODE = frozenset(
    {
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "sagemaker_program",
        "sagemaker_region",
        "sagemaker_submit_directory",
    }
)
"""Hyperparameters that the SDK adds to every job."""


def components_of(
    sagemaker: Any, experiment: str, *, sort_by: str = "CreationTime", ascending: bool = True
) -> Iterator[dict[str, Any]]:
    """Yields every trial component of an experiment, as Search answers it."""
    pages = sagemaker.get_paginator("search").paginate(
        Resource="ExperimentTrialComponent",
        SearchExpression={
            "Filters": [{"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": experiment}]
        },
        SortBy=sort_by,
        SortOrder="Ascending" if ascending else "Descending",
        PaginationConfig={"PageSize": 100},
    )
    for page in pages:
        for result in page["Results"]:
            yield result["TrialComponent"]


def row_of(component: dict[str, Any]) -> Row:
    """Returns all data of a component as one flat row. Times are in ISO 8601."""
    row: Row = {
        "TrialComponentName": component["TrialComponentName"],
        "DisplayName": component.get("DisplayName", ""),
        "Trials": ", ".join(sorted(parent["TrialName"] for parent in component.get("Parents", ()))),
        "Status": component.get("Status", {}).get("PrimaryStatus", ""),
        "SourceArn": component.get("Source", {}).get("SourceArn", ""),
    }
    for member in ("CreationTime", "StartTime", "EndTime"):
        row[member] = component[member].isoformat() if member in component else ""
    row |= parameters_of(component)
    for metric, statistics in metrics_of(component).items():
        for statistic, value in statistics.items():
            row[f"{metric} - {statistic}"] = value
    for member in ("InputArtifacts", "OutputArtifacts"):
        for key, artifact in sorted(component.get(member, {}).items()):
            row[f"{key} - Value"] = artifact["Value"]
    return row


def parameters_of(component: dict[str, Any]) -> Row:
    return {
        key: value.get("NumberValue", value.get("StringValue"))
        for key, value in sorted(component.get("Parameters", {}).items())
    }


def metrics_of(component: dict[str, Any]) -> dict[str, Row]:
    """Returns the statistics of each metric by its name."""
    return {
        metric["MetricName"]: {
            statistic: metric[statistic] for statistic in STATISTICS if statistic in metric
        }
        for metric in component.get("Metrics", ())
    }


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Returns the columns of all rows, in the order of their first appearance."""
    return list(dict.fromkeys(column for row in rows for column in row))


def write_csv(rows: Sequence[Row], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns_of(rows), restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(rows: Sequence[Row], path: Path) -> None:
    """Raises ModuleNotFoundError without pyarrow."""
    import pyarrow
    import pyarrow.parquet

    columns = {column: _of_one_type([row.get(column) for row in rows]) for column in columns_of(rows)}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def _of_one_type(values: list[Any]) -> list[Any]:
    """Returns the values as strings if any of them is a string, otherwise as floats."""
    kinds = {isinstance(value, str) for value in values if value is not None}
    if kinds == {True, False}:
        return [None if value is None else str(value) for value in values]
    return [None if value is None else value if isinstance(value, str) else float(value) for value in values]
