"""The analysis of AutoML jobs: what it makes of tables, and what it says of those that can't be used."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.compute.automl.conftest import Runner

Rows = list[list[Any]]


def _csv(head: list[str], rows: Rows) -> bytes:
    quoted = [
        [f'"{cell}"' if "," in str(cell) or "\n" in str(cell) else str(cell) for cell in row]
        for row in [head, *rows]
    ]
    return "".join(",".join(row) + "\n" for row in quoted).encode()


def _rows(count: int, target: Callable[[int], Any], *more: Callable[[int], Any]) -> Rows:
    return [[target(i), (i * 37) % 101 / 7, *(each(i) for each in more)] for i in range(count)]


def _binary(count: int = 100) -> bytes:
    return _csv(["y", "x"], _rows(count, lambda i: "yes" if i % 3 else "no"))


THREE = _csv(["y", "x"], _rows(90, lambda i: "abc"[i % 3]))
IDS = _csv(["y", "Customer", "row"], [[i % 2, f"c{i:x}-{i * 7919}", i] for i in range(100)])

REFUSED: dict[str, tuple[dict[str, bytes], dict[str, Any], str]] = {
    "no such target": ({"train/a.csv": _binary()}, {"target": "why"}, "no column 'why'.* mean 'y'.*'x'"),
    "no target, near": (
        {"train/a.csv": _csv(["income", "x"], _rows(60, lambda i: i % 2))},
        {"target": "incme"},
        "Did you mean 'income'",
    ),
    "one class": (
        {"train/a.csv": _csv(["y", "x"], _rows(60, lambda i: "no"))},
        {},
        "one value only, 'no', in all 60 rows",
    ),
    "no bytes": ({"train/a.csv": b""}, {}, "no file with content"),
    "header only": ({"train/a.csv": b"y,x\n"}, {}, "a header but no row"),
    "ids": ({"train/a.csv": IDS}, {}, "No column is left to predict 'y' from. Customer: nearly every row"),
    "no targets": ({"train/a.csv": _csv(["y", "x"], _rows(60, lambda i: ""))}, {}, "No row has a value in"),
    "F1 of three": ({"train/a.csv": THREE}, {"metric": "F1"}, "F1 can't be measured for Multi.* F1macro"),
    "MSE of classes": ({"train/a.csv": THREE}, {"metric": "MSE"}, "use one of Accuracy, BalancedAccuracy"),
    "few rows": ({"train/a.csv": _binary(30)}, {}, "30 rows with a target; at least 50"),
    "words as numbers": ({"train/a.csv": THREE}, {"problem_type": "Regression"}, "such as 'a'"),
    "three of two": ({"train/a.csv": THREE}, {"problem_type": "BinaryClassification"}, "3 values.*needs two"),
    "target of ids": (
        {"train/a.csv": _csv(["y", "x"], _rows(60, lambda i: f"k{i}"))},
        {},
        "60 values in 60 rows, most of them once",
    ),
    "not UTF-8": ({"train/a.csv": _binary() + b"\xe9,1\n"}, {}, "not text in UTF-8.*0xe9"),
    "ragged": ({"train/a.csv": _binary() + b"yes,1,2,3\n"}, {}, "a.csv can't be read as CSV: .*line 102"),
    "half a gzip": ({"train/a.csv.gz": gzip.compress(_binary())[:-20]}, {}, "not whole gzip"),
    "semicolons": ({"train/a.csv": _binary().replace(b",", b";")}, {}, "separated by ';'"),
    "no Parquet": (
        {"train/a.csv": _binary()},
        {"content_type": "x-application/vnd.amazon+parquet"},
        "a.csv is not Parquet",
    ),
    "names twice": ({"train/a.csv": _binary().replace(b"y,x", b"y,y")}, {}, "'y' stands twice"),
    "other columns": (
        {"train/a.csv": _binary(), "train/b.csv": _csv(["y", "z"], _rows(60, lambda i: i % 2))},
        {},
        "b.csv has other columns than a.csv: it lacks 'x' and has also 'z'",
    ),
    "bad weights": (
        {"train/a.csv": _csv(["y", "x", "w"], _rows(60, lambda i: i % 2, lambda i: i - 5))},
        {"sample_weight": "w"},
        "sample weights in 'w' must be numbers of at least 0",
    ),
    "validation lacks": (
        {"train/a.csv": _binary(), "validation/v.csv": _csv(["y", "z"], _rows(9, lambda i: "yes"))},
        {},
        "validation data lack the column 'x'",
    ),
    "validation lacks weights": (
        {
            "train/a.csv": _csv(["y", "x", "w"], _rows(60, lambda i: i % 2, lambda i: 1)),
            "validation/v.csv": _csv(["y", "x"], _rows(9, lambda i: i % 2)),
        },
        {"sample_weight": "w"},
        "validation data lack the column 'w'",
    ),
    "validation's class": (
        {"train/a.csv": _binary(), "validation/v.csv": _csv(["y", "x"], _rows(9, lambda i: "maybe"))},
        {},
        "class 'maybe', which the training data have not",
    ),
    "features": (
        {"train/a.csv": _binary(), "features/f.json": b'{"FeatureAttributeNames": ["xx"]}'},
        {},
        "no column 'xx'.* feature.* 'x'",
    ),
    "no such algorithm": (
        {"train/a.csv": _binary()},
        {"algorithms": ["fastai"]},
        "names fastai; this mode has lightgbm",
    ),
}  # fmt: skip


def _case(base: Path, files: dict[str, bytes], config: dict[str, Any]) -> dict[str, Any]:
    for name, content in files.items():
        path = base / "processing/input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {"base": str(base), "arguments": ["analyze"], "config": {"target": "y", **config}}


@pytest.fixture(scope="module")
def refusals(run_programs: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("refused")
    cases = [_case(folder / str(i), files, config) for i, (files, config, _) in enumerate(REFUSED.values())]
    return dict(zip(REFUSED, run_programs(cases), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_data_that_cannot_be_used_are_refused_with_the_fix(
    refusals: dict[str, dict[str, Any]], name: str
) -> None:
    assert refusals[name]["status"] == 1
    assert re.search(REFUSED[name][2], refusals[name]["message"], re.DOTALL), refusals[name]["message"]


def _mixed(i: int) -> list[Any]:
    words = ["good", "bad", "slow", "fast", "new", "old"]
    text = " ".join(words[(i * k + k) % 6] for k in range(2, 7)) + f" {i % 40}"
    return [
        f"2024-{i % 12 + 1:02d}-{i % 28 + 1:02d}",
        ["Zürich", "New York, NY", ""][i % 3],
        text,
        "n/a" if i % 50 == 7 else i % 13 / 3,
        1,
        f"u{i * 7919:x}",
    ]


MIXED_HEAD = ["y", "x", "seit", "Größe, Ort", "review", "mixed", "same", "uuid"]
MIXED = [[*row, *_mixed(i)] for i, row in enumerate(_rows(300, lambda i: ["ja", "nein"][i % 2]))]


@pytest.fixture(scope="module")
def analyzed(run_programs: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of analyses that end well."""
    folder = tmp_path_factory.mktemp("analyzed")
    classes = _csv(["y", "x"], _rows(600, lambda i: f"class {i % 150}"))
    weighted = _csv(["y", "x", "w"], _rows(80, lambda i: i * 1.5, lambda i: 1 + i % 2))
    half = len(MIXED) // 2
    cases: dict[str, tuple[dict[str, bytes], dict[str, Any]]] = {
        "mixed": (
            {
                "train/0/a.csv.gz": gzip.compress(b"\xef\xbb\xbf" + _csv(MIXED_HEAD, MIXED[:half])),
                "train/1/b.csv": _csv(MIXED_HEAD, MIXED[half:]),
                "train/_SUCCESS": b"",
            },
            {"max_candidates": 3, "max_runtime_per_training_job_s": 100},
        ),
        "no header": (
            {"train/a": _binary().split(b"\n", 1)[1]},
            {"target": "0", "content_type": "text/csv;header=absent"},
        ),
        "classes": ({"train/a.csv": classes}, {"mode": "HYPERPARAMETER_TUNING"}),
        "weighted": ({"train/a.csv": weighted}, {"sample_weight": "w", "validation_fraction": 0.5}),
        "zeros": ({"train/a.csv": _csv(["y", "x"], _rows(60, lambda i: f"{i % 2}.0"))}, {"mode": "AUTO"}),
    }  # fmt: skip
    found = run_programs([_case(folder / name, *case) for name, case in cases.items()])
    assert [each["message"] for each in found] == [""] * len(cases)
    return {name: folder / name / "processing/output" for name in cases}


def _plan(folder: Path) -> Any:
    return json.loads((folder / "plan/plan.json").read_text())


def test_columns_are_known_for_what_they_are(analyzed: dict[str, Path]) -> None:
    plan = _plan(analyzed["mixed"])

    assert {each["name"]: each["type"] for each in plan["columns"]} == {
        "x": "numeric", "seit": "datetime", "Größe, Ort": "categorical", "review": "text", "mixed": "numeric",
        "same": "constant", "uuid": "id",
    }  # fmt: skip
    assert [each["name"] for each in plan["left_out"]] == ["same", "uuid"]
    assert (plan["rows"], plan["problem_type"], plan["classes"]) == (
        300,
        "BinaryClassification",
        ["ja", "nein"],
    )


def test_the_ensemble_is_last_and_time_is_within_the_limit_of_a_job(analyzed: dict[str, Path]) -> None:
    candidates = _plan(analyzed["mixed"])["candidates"]

    assert [each["name"] for each in candidates] == ["lightgbm", "extra-trees", "ensemble"]
    assert all(0 < float(each["hyperparameters"]["_time_limit_s"]) <= 85 for each in candidates)
    assert {each["hyperparameters"]["_cross_validation"] for each in candidates} == {"true"}


def test_the_split_has_the_target_first_and_each_row_once(analyzed: dict[str, Path]) -> None:
    parts = [
        (analyzed["mixed"] / f"data/{name}/part-0.csv").read_text().splitlines()
        for name in ("train", "validation")
    ]

    assert all(part[0].startswith("y,x,seit,") for part in parts)
    assert sum(len(part) - 1 for part in parts) == 300
    assert [sum(line.startswith("ja") for line in part) for part in parts] == [120, 30]


def test_a_table_without_header_is_named_by_position(analyzed: dict[str, Path]) -> None:
    assert [each["name"] for each in _plan(analyzed["no header"])["columns"]] == ["_c1"]


def test_many_classes_are_tuned_on_pipelines(analyzed: dict[str, Path]) -> None:
    plan = _plan(analyzed["classes"])

    assert len(plan["classes"]) == 150
    assert [each["name"] for each in plan["pipelines"]] == ["dpp0", "dpp1", "dpp2"]
    assert len(plan["definitions"]) == 9
    ranges = plan["definitions"][0]["ranges"]
    assert all(
        float(each["min"]) < float(each["max"]) for kind in ("integer", "continuous") for each in ranges[kind]
    )


def test_weights_and_a_fraction_are_kept_apart(analyzed: dict[str, Path]) -> None:
    plan = _plan(analyzed["weighted"])

    assert plan["problem_type"] == "Regression"
    assert [each["name"] for each in plan["columns"]] == ["x"]
    assert plan["candidates"][0]["hyperparameters"]["_cross_validation"] == "false"
    assert len((analyzed["weighted"] / "data/validation/part-0.csv").read_text().splitlines()) == 41


def test_classes_that_are_whole_numbers_are_written_as_such(analyzed: dict[str, Path]) -> None:
    plan = _plan(analyzed["zeros"])

    assert (plan["classes"], plan["mode"]) == (["0", "1"], "ENSEMBLING")


def test_notebooks_are_whole_and_name_nothing_of_the_machine(analyzed: dict[str, Path]) -> None:
    for path in sorted((analyzed["mixed"] / "notebooks").iterdir()):
        cells = json.loads(path.read_text())["cells"]

        for cell in cells:
            if cell["cell_type"] == "code":
                compile("".join(cell["source"]), path.name, "exec")
        assert str(analyzed["mixed"]) not in path.read_text()
