from __future__ import annotations

import pytest

from clary.domain.errors import NotFound, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.experiments.experiment import create_experiment
from clary.services.sagemaker.experiments.trial import (
    associate_trial_component,
    create_trial,
    delete_trial,
    describe_trial,
    disassociate_trial_component,
    list_trials,
    update_trial,
)
from clary.services.sagemaker.experiments.trial_component import create_trial_component


@pytest.fixture(autouse=True)
def two_experiments(ctx: Context) -> None:
    """Each with two trials; the component ``prepare`` is in one of both."""
    for experiment in ("digits", "letters"):
        create_experiment(ctx, {"ExperimentName": experiment})
        for number in (1, 2):
            create_trial(ctx, {"TrialName": f"{experiment}-{number}", "ExperimentName": experiment})
    create_trial_component(ctx, {"TrialComponentName": "prepare"})
    for trial in ("digits-1", "letters-2"):
        associate_trial_component(ctx, {"TrialName": trial, "TrialComponentName": "prepare"})


def listed(ctx: Context, **request: str) -> list[str]:
    found = list_trials(ctx, {"SortBy": "Name", "SortOrder": "Ascending", **request})
    return [trial["TrialName"] for trial in found["TrialSummaries"]]


def test_a_trial_knows_its_experiment(ctx: Context) -> None:
    found = describe_trial(ctx, {"TrialName": "digits-1"})

    assert found["ExperimentName"] == "digits"
    assert found["TrialArn"].endswith(":experiment-trial/digits-1")


def test_a_trial_of_no_experiment_is_refused_and_leaves_nothing(ctx: Context) -> None:
    with pytest.raises(NotFound, match="Experiment 'nothing' does not exist"):
        create_trial(ctx, {"TrialName": "stray", "ExperimentName": "nothing"})

    with pytest.raises(NotFound, match="Trial 'stray' does not exist"):
        describe_trial(ctx, {"TrialName": "stray"})


def test_trials_are_listed_by_experiment_and_by_component(ctx: Context) -> None:
    assert len(listed(ctx)) == 4
    assert listed(ctx, ExperimentName="digits") == ["digits-1", "digits-2"]
    assert listed(ctx, TrialComponentName="prepare") == ["digits-1", "letters-2"]
    with pytest.raises(ValidationError, match="ExperimentName or TrialComponentName"):
        listed(ctx, ExperimentName="digits", TrialComponentName="prepare")
    with pytest.raises(NotFound):
        listed(ctx, ExperimentName="nothing")


def test_a_trial_with_components_cannot_be_deleted(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="has 1 trial components, prepare among them"):
        delete_trial(ctx, {"TrialName": "digits-1"})

    disassociate_trial_component(ctx, {"TrialName": "digits-1", "TrialComponentName": "prepare"})
    delete_trial(ctx, {"TrialName": "digits-1"})

    assert listed(ctx, ExperimentName="digits") == ["digits-2"]
    assert listed(ctx, TrialComponentName="prepare") == ["letters-2"]


def test_a_component_is_put_into_a_trial_once(ctx: Context) -> None:
    associate_trial_component(ctx, {"TrialName": "digits-1", "TrialComponentName": "prepare"})
    disassociate_trial_component(ctx, {"TrialName": "digits-1", "TrialComponentName": "prepare"})

    with pytest.raises(NotFound, match="is not associated with trial 'digits-1'"):
        disassociate_trial_component(ctx, {"TrialName": "digits-1", "TrialComponentName": "prepare"})


@pytest.mark.parametrize(("trial", "component"), [("nothing", "prepare"), ("digits-1", "nothing")])
def test_both_ends_of_an_association_have_to_be_there(ctx: Context, trial: str, component: str) -> None:
    with pytest.raises(NotFound, match="'nothing' does not exist"):
        associate_trial_component(ctx, {"TrialName": trial, "TrialComponentName": component})


def test_a_trials_display_name_can_be_changed(ctx: Context) -> None:
    update_trial(ctx, {"TrialName": "digits-1", "DisplayName": "First"})

    assert describe_trial(ctx, {"TrialName": "digits-1"})["DisplayName"] == "First"
