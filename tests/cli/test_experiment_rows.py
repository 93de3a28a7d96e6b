from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any

import pytest

from clary.cli.experiment_rows import columns_of, row_of, write_csv, write_parquet

AT = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)


def component(name: str, **members: Any) -> dict[str, Any]:
    return {"TrialComponentName": name, "CreationTime": AT, **members}


def test_a_row_holds_all_of_a_component() -> None:
    row = row_of(
        component(
            "train",
            DisplayName="Training",
            Parents=[{"TrialName": "b"}, {"TrialName": "a"}],
            Status={"PrimaryStatus": "Completed"},
            Parameters={"lr": {"NumberValue": 0.1}, "optimizer": {"StringValue": "sgd"}},
            Metrics=[{"MetricName": "loss", "Min": 1.0, "Last": 2.0, "Count": 3}],
            InputArtifacts={"data": {"Value": "s3://bucket/data"}},
        )
    )

    assert row == {
        "TrialComponentName": "train",
        "DisplayName": "Training",
        "Trials": "a, b",
        "Status": "Completed",
        "SourceArn": "",
        "CreationTime": "2026-11-23T00:00:00+00:00",
        "StartTime": "",
        "EndTime": "",
        "lr": 0.1,
        "optimizer": "sgd",
        "loss - Min": 1.0,
        "loss - Last": 2.0,
        "loss - Count": 3,
        "data - Value": "s3://bucket/data",
    }


def test_a_csv_has_every_column_of_every_row(tmp_path: Path) -> None:
    rows = [{"a": 1, "b": "x,y"}, {"a": 2, "c": 0.5}]

    write_csv(rows, tmp_path / "out.csv")

    assert columns_of(rows) == ["a", "b", "c"]
    with (tmp_path / "out.csv").open() as file:
        assert list(csv.DictReader(file)) == [
            {"a": "1", "b": "x,y", "c": ""},
            {"a": "2", "b": "", "c": "0.5"},
        ]


def test_parquet_keeps_numbers_and_spells_what_is_mixed(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="install pyarrow to run this")

    write_parquet(
        [{"lr": 0.1, "size": 3}, {"lr": 0.2, "size": "big"}, {"lr": None}], tmp_path / "out.parquet"
    )

    assert parquet.read_table(tmp_path / "out.parquet").to_pydict() == {
        "lr": [0.1, 0.2, None],
        "size": ["3", "big", None],
    }
