"""The programs of ``examples/`` run as they are described."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.clients import Client

EXAMPLES = Path(__file__).parents[2] / "examples"
MODELS = {"naive-bayes", "logistic-regression", "xgboost", "k-nearest-neighbours", "support-vector-machine"}


def test_five_models_are_compared_in_one_call(v2: Client) -> None:
    said = v2.command("python", EXAMPLES / "five_models" / "compare.py", timeout_s=600.0)

    assert {line.partition(":")[0] for line in said.splitlines() if line.endswith(": Completed")} == MODELS
    table = said[said.index("test:accuracy - Max") :].splitlines()[1:6]
    accuracies = [float(row.split()[-2]) for row in table]
    assert accuracies == sorted(accuracies, reverse=True)
    assert min(accuracies) > 0.85
