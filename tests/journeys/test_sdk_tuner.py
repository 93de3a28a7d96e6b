"""The sagemaker SDK's HyperparameterTuner, on real digits."""

from __future__ import annotations

from tests.journeys.clients import Client


def test_digits_are_tuned_begun_again_from_the_trials_and_the_best_is_served(v2: Client) -> None:
    tuned = v2.run("tuned_digits.py", timeout_s=600.0)

    assert tuned["status"] == "Completed"
    assert len(tuned["values"]) == 4
    assert tuned["names"][tuned["values"].index(max(tuned["values"]))] == tuned["best"]
    assert tuned["best"] == tuned["attached"] == tuned["estimator"]
    assert tuned["best"] in tuned["model"]
    assert {"alpha", "rate", "penalty", "TrainingElapsedTimeSeconds"} <= set(tuned["columns"])
    # Both ways: the trials are found by their tuning job, and know it.
    assert (tuned["found"], tuned["arns"]) == (sorted(tuned["names"]), [tuned["arn"]])
    assert (tuned["runs"], tuned["alphas"]) == (4, 4)
    # The best of a warm start is that of all: its own, or its parent's.
    assert len(tuned["later"]) == 1
    assert tuned["overall"].startswith("digits-again-") == (tuned["later"][0] > max(tuned["values"]))
    assert tuned["accuracy"] > 0.7
    assert "Could not find" in tuned["gone"]


def test_hyperband_trains_a_network_of_the_tutorials_for_fewer_epochs(v2: Client) -> None:
    tuned = v2.run("tuned_torch.py", timeout_s=600.0)

    assert tuned["status"] == "Completed"
    assert len(tuned["epochs"]) == 6
    # A random search of these six trials has 9 epochs of each.
    assert sum(tuned["epochs"].values()) < 6 * 9
    assert "Stopped" in tuned["statuses"]
    assert tuned["epochs"][tuned["best"]] == 9
    assert tuned["accuracy"] > 0.9
