from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.debugger.capture.comparing import differences
from tests.debugger.capture.conftest import DEFAULT, XGBOOST, Run, client_python, image_python

from clary.debugger.trial import Trial

COLLECTIONS = (
    "metrics", "hyperparameters", "losses", "predictions", "labels", "feature_importance", "average_shap",
    "full_shap", "trees",
)  # fmt: skip
ALL: dict[str, Any] = {
    "HookParameters": {"save_interval": "2"},
    "CollectionConfigurations": [{"CollectionName": name} for name in COLLECTIONS],
}
SMDEBUG = {
    "# HOOK": "from smdebug.xgboost import Hook; hook = Hook.create_from_json_file(); "
    "hook.hyperparameters = parameters; hook.train_data = train; hook.validation_data = validation; "
    "callbacks.append(hook)",
    "# END": "hook.close()",
}


@pytest.fixture(scope="module")
def xgboost() -> str:
    return image_python(XGBOOST)


def test_values_are_those_of_smdebug(run: Run, refer: Callable[..., Trial]) -> None:
    smdebug = client_python("smdebug-xgboost")
    reference = refer(smdebug, "xgboost_loop.py", ALL, SMDEBUG)

    ran = run(smdebug, "xgboost_loop.py", hook=ALL)

    assert "trees/Gain" in reference.tensor_names()
    assert differences(ran.trial, reference) == []


def test_the_classifier_of_scikit_learn_is_captured_too(xgboost: str, run: Run) -> None:
    trial = run(xgboost, "xgboost_loop.py", "classifier", hook=ALL).trial

    assert list(trial.steps()) == [0, 2, 4]
    assert {"validation_0-logloss", "predictions", "labels", "average_shap/f0"} <= set(trial.tensor_names())


def test_all_trees_of_a_round_are_saved_with_several_classes(xgboost: str, run: Run) -> None:
    trial = run(xgboost, "xgboost_loop.py", "classes", hook=ALL).trial

    assert sorted(set(trial.tensor("trees/Tree").value(2).tolist())) == [6, 7, 8]
    assert trial.tensor("predictions").value(2).shape == (200, 3)


def test_data_that_a_linear_booster_lacks_is_reported_once(xgboost: str, run: Run) -> None:
    ran = run(xgboost, "xgboost_loop.py", "linear", hook=ALL)

    assert "train-logloss" in ran.trial.tensor_names()
    assert ran.output.count("Debugger xgboost") == 1


def test_a_second_training_continues_the_step_numbers(xgboost: str, run: Run) -> None:
    trial = run(xgboost, "xgboost_loop.py", "twice", hook=ALL).trial

    assert list(trial.steps()) == [0, 2, 4, 6, 8, 10]


def test_by_default_metrics_are_saved_every_ten_rounds(xgboost: str, run: Run) -> None:
    trial = run(xgboost, "xgboost_loop.py", hook=DEFAULT).trial

    assert list(trial.steps()) == [0]
    assert set(trial.tensor_names()) == {
        "train-logloss", "train-auc", "validation-logloss", "validation-auc",
    }  # fmt: skip


def test_a_metric_of_the_job_has_its_first_and_its_last_round(xgboost: str, run: Run) -> None:
    points = run(xgboost, "xgboost_loop.py", hook=DEFAULT).points

    losses = [point for point in points if point["MetricName"] == "validation-logloss_GLOBAL"]
    assert [point["IterationNumber"] for point in losses] == [0, 5]
    assert losses[1]["Value"] < losses[0]["Value"]


def test_a_cross_validation_saves_the_means_over_the_folds(xgboost: str, run: Run) -> None:
    trial = run(xgboost, "xgboost_loop.py", "cv", hook=ALL).trial

    names = set(trial.tensor_names())
    assert list(trial.steps()) == [0, 2, 4]
    assert {"train-logloss", "test-logloss", "test-auc", "hyperparameters/max_depth"} <= names
    assert not [name for name in names if name.startswith(("trees/", "predictions"))]
    losses = [float(trial.tensor("test-logloss").value(step).item()) for step in (0, 4)]
    assert losses[1] < losses[0]


def test_a_script_with_a_hook_of_smdebug_is_not_captured(run: Run, refer: Callable[..., Trial]) -> None:
    smdebug = client_python("smdebug-xgboost")
    changes = {"# HOOK": "asked.add('own')", "# END": "hook.close()"}
    reference = refer(smdebug, "xgboost_loop.py", ALL, changes)

    ran = run(smdebug, "xgboost_loop.py", "own", hook=ALL)

    assert "Clary" not in ran.output
    assert set(ran.trial.tensor_names()) == set(reference.tensor_names())
    assert list(ran.trial.steps()) == list(reference.steps())
    assert written_collections(ran.folder) == written_collections(Path(reference.path))


def written_collections(folder: Path) -> Any:
    """The collections without ``all``, which smdebug's hook writes and ours does not."""
    document = json.loads((folder / "collections/000000000/worker_0_collections.json").read_text())
    for collection in document["collections"].values():
        collection["tensor_names"].sort()
    return document
