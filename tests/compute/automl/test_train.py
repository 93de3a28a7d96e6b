"""Candidates of AutoML jobs, from the split to an answer: the engine's, and those on feature pipelines."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.compute.automl.conftest import Runner

ROWS = 120
CLASSES = ["A", "B", "Ç"]


RARE = "y,x\n" + "".join(f"{i % 3}.0,{i % 3 + i % 7 / 10}\n" for i in range(99)) + "other,9\n1.0,\n"


def _line(i: int) -> list[str]:
    color = ["red", "blue", "grün, hell"][(i * 5) % 3]
    size = "" if i % 17 == 5 else f"{i % 10 + (i % 3) * 4}"
    return [CLASSES[i % 3], size, color, f"2024-03-{i % 28 + 1:02d}", str(1 + i % 2)]


ENDLESS = {
    "endless-xgboost": {"num_round": "100000", "eta": "0.001", "_time_limit_s": "1"},
    "endless-mlp": {"mini_batch_size": "1", "layers": "256", "learning_rate": "1e-4", "_time_limit_s": "1"},
}
"""Trials that would take minutes."""

HEAD = ["kind", "size", "color", "day", "weight"]


def _text(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


ROW_TEXT = _text([_line(i)[1:4] for i in range(6)])
REQUESTS = [
    [ROW_TEXT, "text/csv", "text/csv"],
    [_text([HEAD[1:4]]) + ROW_TEXT, "text/csv", "application/json"],
    [
        json.dumps([dict(zip(HEAD[1:4], _line(0)[1:4], strict=True)), {"size": None}]),
        "application/json",
        "application/jsonlines",
    ],
    ["1,2", "text/csv", "text/csv"],
    ['{"instances": [[1, 2]]}', "application/json", "text/csv"],
    ["[{}]", "application/json", "text/csv"],
]


@pytest.fixture(scope="module")
def trained(
    run_programs: Runner, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[dict[str, Any]]]:
    """The folder of all programs of a job, each in its own base, and what each said."""
    folder = tmp_path_factory.mktemp("trained")
    data = folder / "analysis/processing/input/train/data.csv"
    data.parent.mkdir(parents=True)
    data.write_text(_text([HEAD, *(_line(i) for i in range(ROWS))]))
    rare = folder / "rare/input/data/train/data.csv"
    rare.parent.mkdir(parents=True)
    rare.write_text(RARE)
    config = {"target": "kind", "sample_weight": "weight", "mode": "HYPERPARAMETER_TUNING"}
    split, transformed = "analysis/processing/output/data", "apply/processing/output"
    engine = {"candidate": "extra-trees", "_time_limit_s": "600"}
    tuned: list[dict[str, Any]] = []
    for name, more in {
        "xgboost": {"num_round": "20"},
        "linear-learner": {"_time_limit_s": "60"},
        **ENDLESS,
    }.items():
        inputs = {f"{name}/input/data": transformed, f"{name}/input/data/pipeline": "pipeline/model"}
        given = {"algorithm": name.removeprefix("endless-"), "_tuning_objective_metric": "x", **more}
        tuned.append({**_training(folder / name, given), "inputs": inputs})
    return folder, run_programs(
        [
            {"base": str(folder / "analysis"), "arguments": ["analyze"], "config": config},
            {**_training(folder / "engine", engine), "inputs": {"engine/input/data": split}},
            {**_training(folder / "again", engine), "inputs": {"again/input/data": split}},
            {
                **_training(folder / "pipeline", {"_command": "fit-features", "pipeline": "dpp1"}),
                "inputs": {"pipeline/input/data": split},
            },
            {
                "base": str(folder / "apply"),
                "arguments": ["apply-features"],
                "inputs": {
                    "apply/processing/input": split,
                    "apply/processing/input/pipeline": "pipeline/model",
                },
            },
            *tuned,
            {
                "base": str(folder / "engine"),
                "requests": REQUESTS,
                "keys": "predicted_label,probability,labels",
            },
            {"base": str(folder / "xgboost"), "requests": REQUESTS[:1]},
            {
                "base": str(folder / "report"),
                "arguments": ["report", "model-quality"],
                "config": {"candidate": "best"},
                "inputs": {"report/processing/input": split, "report/processing/input/model": "engine/model"},
            },
            _training(folder / "rare", {}),
            _training(folder / "xgboost", {"algorithm": "xgboost", "eta": "7"}),
        ]
    )


def _training(base: Path, hyperparameters: dict[str, str]) -> dict[str, Any]:
    return {"base": str(base), "arguments": [], "hyperparameters": hyperparameters}


def test_every_program_ends_well_and_a_bad_value_is_named(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    *others, last = (each for each in trained[1] if "status" in each)

    assert [each["message"] for each in others] == [""] * len(others)
    assert (last["status"], last["message"]) == (1, "the hyperparameter eta is 7; it must be from 0 to 1")


def test_a_seed_gives_the_same_model_again(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    once, again = ((trained[0] / name / "model/held_out.csv").read_text() for name in ("engine", "again"))

    assert once == again
    assert len(once.splitlines()) == ROWS + 1  # out-of-fold: every row is held out once


def test_an_endpoint_answers_rows_with_and_without_header(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    plain, with_header, objects, *_ = _answers(trained, 0)

    found = list(csv.reader(io.StringIO(plain)))
    assert [row[0] for row in found] == [_line(i)[0] for i in range(6)]
    assert all(json.loads(row[2]) == CLASSES for row in found)
    predictions = json.loads(with_header)["predictions"]
    assert [each["predicted_label"] for each in predictions] == [row[0] for row in found]
    assert [each["probability"] for each in predictions] == [float(row[1]) for row in found]
    first, second = (json.loads(line) for line in objects.splitlines())
    assert first == predictions[0]
    assert second["predicted_label"] in CLASSES


def test_rows_that_do_not_fit_are_refused_with_what_would(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    assert [answer[:60] for answer in _answers(trained, 0)[3:]] == [
        "refused: A row has 2 values; this model takes 3, without the",
        "refused: A row has 2 values; this model takes 3, without the",
        "refused: No row has the column 'size'. Give null where a val",
    ]


def test_a_trial_on_a_pipeline_predicts_from_raw_rows(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    assert _answers(trained, 1)[0].split() == [_line(i)[0] for i in range(6)]
    assert sorted(path.name for path in (trained[0] / "linear-learner/model").iterdir()) == [
        "estimator.joblib", "held_out.csv", "model.json", "pipeline.joblib", "schema.json",
    ]  # fmt: skip


def test_a_trial_ends_before_its_limit_with_what_it_has_learned(
    trained: tuple[Path, list[dict[str, Any]]],
) -> None:
    ended = [each["log"] for each in trained[1] if "ended after 1 s" in each.get("log", "")]

    assert len(ended) == len(ENDLESS)
    assert all("validation:accuracy=" in log for log in ended)
    assert (trained[0] / "endless-mlp/model/estimator.joblib").exists()


def test_data_without_an_analysis_are_learned_with_classes_as_they_are_written(
    trained: tuple[Path, list[dict[str, Any]]],
) -> None:
    """As the SDK's CandidateEstimator trains again: no hyperparameters, the first column is the target."""
    model = trained[0] / "rare/model"

    assert json.loads((model / "schema.json").read_text())["classes"] == ["0.0", "1.0", "2.0", "other"]
    held_out = list(csv.DictReader(io.StringIO((model / "held_out.csv").read_text())))
    assert {row["truth"] for row in held_out} >= {"0.0", "1.0", "2.0"}
    assert sum(row["truth"] == row["predicted_label"] for row in held_out) > 0.9 * len(held_out)


def test_the_quality_report_is_of_rows_that_were_held_out(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    folder = trained[0] / "report/processing/output/model-quality"
    found = json.loads((folder / "statistics.json").read_text())

    metrics = found["multiclass_classification_metrics"]
    assert found["dataset"]["item_count"] == ROWS
    assert sum(sum(row.values()) for row in metrics["confusion_matrix"].values()) == ROWS
    assert 0.5 < metrics["accuracy"]["value"] <= 1
    assert "Ç" in (folder / "report.html").read_text()


def _answers(trained: tuple[Path, list[dict[str, Any]]], number: int) -> list[str]:
    served = [each["answers"] for each in trained[1] if "answers" in each]
    answers: list[str] = served[number]
    return answers
