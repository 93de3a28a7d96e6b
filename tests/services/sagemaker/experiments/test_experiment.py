from __future__ import annotations

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import NotFound, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.experiments.experiment import (
    create_experiment,
    delete_experiment,
    describe_experiment,
    list_experiments,
    update_experiment,
)
from clary.services.sagemaker.experiments.trial import create_trial, delete_trial
from clary.services.sagemaker.tags import list_tags


def test_an_experiment_is_described_as_it_was_created(ctx: Context, clock: Clock) -> None:
    arn = create_experiment(ctx, {"ExperimentName": "Digits", "Description": "what matters"})["ExperimentArn"]

    found = describe_experiment(ctx, {"ExperimentName": "Digits"})

    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:experiment/digits"
    assert found["ExperimentArn"] == arn
    assert (found["DisplayName"], found["Description"]) == ("Digits", "what matters")
    assert found["CreationTime"] == found["LastModifiedTime"] == clock.now
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == ctx.caller.arn


def test_a_name_in_another_case_is_the_same_experiment(ctx: Context) -> None:
    arn = create_experiment(ctx, {"ExperimentName": "Digits"})["ExperimentArn"]

    for name in ("digits", arn):
        assert describe_experiment(ctx, {"ExperimentName": name})["ExperimentName"] == "Digits"


@pytest.mark.parametrize("name", ["digits", "DIGITS"])
def test_a_taken_name_is_refused_in_the_words_clients_look_for(ctx: Context, name: str) -> None:
    create_experiment(ctx, {"ExperimentName": "digits"})

    with pytest.raises(ValidationError, match="already exists") as refused:
        create_experiment(ctx, {"ExperimentName": name})

    assert refused.value.code == "ValidationException"


def test_an_unknown_experiment_is_not_found(ctx: Context) -> None:
    for operation in (describe_experiment, update_experiment, delete_experiment):
        with pytest.raises(NotFound, match="Experiment 'nothing' does not exist") as missing:
            operation(ctx, {"ExperimentName": "nothing"})
        assert missing.value.code == "ResourceNotFound"


def test_the_arn_of_a_trial_is_no_experiments(ctx: Context) -> None:
    create_experiment(ctx, {"ExperimentName": "digits"})
    trial = create_trial(ctx, {"TrialName": "first", "ExperimentName": "digits"})["TrialArn"]

    with pytest.raises(NotFound):
        describe_experiment(ctx, {"ExperimentName": trial})


def test_an_update_changes_what_it_names_and_notes_when(ctx: Context, clock: Clock) -> None:
    create_experiment(ctx, {"ExperimentName": "digits", "Description": "old"})
    clock.now += 60

    update_experiment(ctx, {"ExperimentName": "digits", "DisplayName": "Handwritten"})

    found = describe_experiment(ctx, {"ExperimentName": "digits"})
    assert (found["DisplayName"], found["Description"]) == ("Handwritten", "old")
    assert found["LastModifiedTime"] == clock.now == found["CreationTime"] + 60


def test_an_experiment_with_trials_cannot_be_deleted(ctx: Context) -> None:
    create_experiment(ctx, {"ExperimentName": "digits"})
    create_trial(ctx, {"TrialName": "first", "ExperimentName": "digits"})

    with pytest.raises(ValidationError, match="has 1 trials, first among them"):
        delete_experiment(ctx, {"ExperimentName": "digits"})
    delete_trial(ctx, {"TrialName": "first"})
    delete_experiment(ctx, {"ExperimentName": "digits"})

    assert list_experiments(ctx, {})["ExperimentSummaries"] == []


def test_tags_come_with_an_experiment_and_go_with_it(ctx: Context) -> None:
    arn = create_experiment(ctx, {"ExperimentName": "digits", "Tags": [{"Key": "team", "Value": "vision"}]})[
        "ExperimentArn"
    ]
    assert list_tags(ctx, {"ResourceArn": arn})["Tags"] == [{"Key": "team", "Value": "vision"}]

    delete_experiment(ctx, {"ExperimentName": "digits"})

    assert ctx.tags.get(arn) == {}


def test_experiments_are_listed_by_age_or_name_in_pages(ctx: Context, clock: Clock) -> None:
    for name in ("b", "c", "a"):
        clock.now += 1
        create_experiment(ctx, {"ExperimentName": name})

    first = list_experiments(ctx, {"MaxResults": 2})
    second = list_experiments(ctx, {"MaxResults": 2, "NextToken": first["NextToken"]})
    by_name = list_experiments(ctx, {"SortBy": "Name", "SortOrder": "Ascending"})
    late = list_experiments(ctx, {"CreatedAfter": clock.now - 1})

    names = [
        [found["ExperimentName"] for found in page["ExperimentSummaries"]]
        for page in (first, second, by_name, late)
    ]
    assert names == [["a", "c"], ["b"], ["a", "b", "c"], ["a"]]
