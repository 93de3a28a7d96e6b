"""Experiments with the tracking packages that users have."""

from __future__ import annotations

from typing import Any

import pytest
from tests.journeys.clients import Client

FIRST_BUILD_S = 900.0
CHANNELS = [2, 5, 10, 20, 32]


@pytest.fixture(scope="module")
def tutorial(v2: Client) -> dict[str, Any]:
    """The MNIST experiment tutorial: five hidden-channel trials as training jobs."""
    seen: dict[str, Any] = v2.run("experiment_tutorial.py", timeout_s=FIRST_BUILD_S, channels=CHANNELS)
    return seen


@pytest.fixture(scope="module")
def run(v2: Client) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run("experiment_run.py", steps=10_000)
    return seen


@pytest.fixture(scope="module")
def inside(v2: Client) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run("experiment_in_a_job.py", timeout_s=FIRST_BUILD_S)
    return seen


def metrics(component: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {metric["MetricName"]: metric for metric in component["Metrics"]}


def test_the_analytics_table_has_every_trial_sorted_by_accuracy(tutorial: dict[str, Any]) -> None:
    table = tutorial["by_accuracy"]

    best = [row["test:accuracy - Max"] for row in table]
    assert sorted(row["hidden_channels"] for row in table) == CHANNELS
    assert best == sorted(best, reverse=True)
    assert best[0] > 0.85
    assert {(row["epochs"], row["dropout"], row["backend"]) for row in table} == {(2.0, 0.2, '"gloo"')}


def test_the_tables_numbers_are_those_of_the_jobs(tutorial: dict[str, Any]) -> None:
    for row in tutorial["by_accuracy"]:
        final = tutorial["final"][row["SourceArn"].rpartition("/")[2]]
        assert row["test:accuracy - Last"] == pytest.approx(final["test:accuracy"])
        assert row["test:accuracy - Count"] == 2
        low, average, high = (row[f"test:accuracy - {name}"] for name in ("Min", "Avg", "Max"))
        assert average == pytest.approx((low + high) / 2)
        assert row["test:accuracy - StdDev"] == pytest.approx((high - low) / 2)


def test_one_trials_table_shows_preprocessing_and_training(tutorial: dict[str, Any]) -> None:
    preprocessing, training = tutorial["one_trial"]

    assert (preprocessing["DisplayName"], training["DisplayName"]) == ("Preprocessing", "Training")
    assert preprocessing["normalization_mean"] == 0.1307
    assert preprocessing["mnist-dataset - Value"] == training["training - Value"] == tutorial["inputs"]
    assert sorted(preprocessing["Trials"]) == sorted(tutorial["trials"].values())
    assert training["Experiments"] == [tutorial["experiment"]]
    assert training["SageMaker.ModelArtifact - Value"].endswith("/output/model.tar.gz")


def test_the_model_leads_back_to_data_image_and_script(tutorial: dict[str, Any]) -> None:
    assert tutorial["lineage"] == ["Code", "DataSet", "Image", "Model", "TrainingJob"]


def test_the_model_of_the_best_component_knows_digits_that_it_has_not_seen(tutorial: dict[str, Any]) -> None:
    assert tutorial["predicted"] > 0.85
    assert "Could not find endpoint" in tutorial["gone"]


def test_delete_all_leaves_nothing(tutorial: dict[str, Any]) -> None:
    assert tutorial["left"] == []


def test_a_run_keeps_all_that_was_logged(run: dict[str, Any]) -> None:
    component = run["component"]

    assert component["Parameters"] == {
        "optimizer": {"StringValue": "sgd"},
        "lr": {"NumberValue": 0.1},
        "layers": {"NumberValue": 3.0},
        "loaded": {"StringValue": "yes"},
    }
    assert metrics(component)["loss"]["Count"] == 10_000
    assert (metrics(component)["loss"]["Max"], metrics(component)["loss"]["Last"]) == (1.0, 1.0 / 10_000)
    assert metrics(component)["late"]["Last"] == 5.0
    assert component["InputArtifacts"]["dataset"]["Value"] == "s3://somewhere/data"
    assert run["notes"] == "what we saw"
    assert component["Status"]["PrimaryStatus"] == "Completed"


def test_a_runs_graphs_are_artifacts_it_produced(run: dict[str, Any]) -> None:
    produced = {kind for _, edge, kind in run["associated"] if edge == "Produced"}

    assert {"ConfusionMatrix", "PrecisionRecallCurve", "ROCCurve"} <= produced


def test_runs_are_listed_and_a_failed_one_says_why(run: dict[str, Any]) -> None:
    assert run["runs"] == ["third", "second", "first"]
    assert run["third"] == {"PrimaryStatus": "Failed", "Message": "it went wrong"}
    assert run["config"] == {
        "ExperimentName": "run-journey",
        "TrialName": "Default-Run-Group-run-journey",
        "RunName": "run-journey-first",
    }


def test_a_script_adds_to_the_component_of_its_job(inside: dict[str, Any]) -> None:
    own = inside["own"]

    assert own["Parameters"]["seen_inside"] == {"NumberValue": 7.0}
    assert own["Parameters"]["SageMaker.InstanceCount"] == {"NumberValue": 1.0}
    assert own["OutputArtifacts"]["answer"]["Value"] == "s3://somewhere/answer"
    assert "SageMaker.ModelArtifact" not in own["OutputArtifacts"]  # the script saves none
    assert metrics(own)["inside"]["Count"] == 2
    assert metrics(own)["inside"]["Avg"] == 0.5
    assert own["Status"]["PrimaryStatus"] == "Completed"
    assert own["Source"]["SourceArn"].endswith(f":training-job/{inside['job']}")


def test_a_job_started_in_a_run_belongs_to_it(inside: dict[str, Any]) -> None:
    run = inside["run"]

    assert inside["config"]["RunName"] == "inside-a-job-outer"
    assert inside["trials"] == ["Default-Run-Group-inside-a-job"]
    assert [source["SourceArn"] for source in run["Sources"]] == [inside["own"]["Source"]["SourceArn"]]
    assert run["Parameters"]["from_the_job"] == {"StringValue": "yes"}
    assert metrics(run)["of the run"]["Last"] == 3.0
    assert metrics(run)["inside"]["Count"] == 2
