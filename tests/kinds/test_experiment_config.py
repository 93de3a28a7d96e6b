from __future__ import annotations

import pytest

from clary.domain.errors import NotFound, ValidationError
from clary.kinds.experiment_config import check_experiment_config
from clary.services.context import Context
from clary.services.sagemaker.experiments.experiment import create_experiment
from clary.services.sagemaker.experiments.trial import create_trial
from clary.services.sagemaker.experiments.trial_component import create_trial_component


@pytest.fixture(autouse=True)
def known(ctx: Context) -> None:
    for experiment in ("Digits", "letters"):
        create_experiment(ctx, {"ExperimentName": experiment})
    create_trial(ctx, {"TrialName": "one", "ExperimentName": "Digits"})
    create_trial_component(ctx, {"TrialComponentName": "digits-run"})


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"TrialComponentDisplayName": "Training"},
        {"TrialName": "one"},
        {"ExperimentName": "digits"},
        {"ExperimentName": "digits", "TrialName": "one", "RunName": "digits-run"},
    ],
)
def test_what_is_there_may_be_named(ctx: Context, config: dict[str, str]) -> None:
    check_experiment_config(ctx, config)


@pytest.mark.parametrize("member", ["ExperimentName", "TrialName", "RunName"])
def test_what_is_not_there_may_not(ctx: Context, member: str) -> None:
    with pytest.raises(NotFound, match="'nothing' does not exist"):
        check_experiment_config(ctx, {member: "nothing"})


def test_a_trial_has_to_be_of_the_experiment_beside_it(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="trial one belongs to experiment Digits, not to letters"):
        check_experiment_config(ctx, {"ExperimentName": "letters", "TrialName": "one"})
