"""Trial components with parameters, metrics, tags and trials, made by the operations that clients use."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.services.conftest import Clock

from clary.services.context import Context
from clary.services.sagemaker.experiments.experiment import create_experiment
from clary.services.sagemaker.experiments.trial import associate_trial_component, create_trial
from clary.services.sagemaker.experiments.trial_component import create_trial_component

RUNS: Mapping[str, tuple[float | str, str, float | None, str]] = {
    # (rate, optimizer, last loss, trial)
    "run-1": (0.1, "adam", 0.5, "first"),
    "run-2": (0.01, "sgd", 0.2, "first"),
    "run-3": ("auto", "sgd", 0.3, "second"),
    "run-4": (0.1, "adam", None, ""),
}


@pytest.fixture
def runs(ctx: Context, clock: Clock) -> Context:
    create_experiment(ctx, {"ExperimentName": "digits"})
    for trial in ("first", "second"):
        create_trial(ctx, {"TrialName": trial, "ExperimentName": "digits"})
    for name, (rate, optimizer, loss, trial) in RUNS.items():
        clock.now += 10
        made = create_trial_component(
            ctx,
            {
                "TrialComponentName": name,
                "DisplayName": f"The {name}",
                "StartTime": clock.now,
                "Parameters": {
                    "rate": {"StringValue": rate} if isinstance(rate, str) else {"NumberValue": rate},
                    "optimizer": {"StringValue": optimizer},
                },
                "Tags": [{"Key": "team", "Value": "vision"}] if name == "run-1" else [],
            },
        )
        if loss is not None:
            points = [("loss", clock.now, 1, loss + 1), ("loss", clock.now, 2, loss)]
            ctx.metrics.append(made["TrialComponentArn"], points)
        if trial:
            associate_trial_component(ctx, {"TrialName": trial, "TrialComponentName": name})
    return ctx
