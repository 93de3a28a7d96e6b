"""The experiment of a tuning job: the components of its trials stand in one place to be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import NotFound
from clary.kinds.entities import EXPERIMENT, TRIAL, create_entity, delete_entity, find_entity
from clary.store.links import LinkKind

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores

SOURCE_TYPE = "SageMakerHyperParameterTuningJob"


def experiment_config(record: Document) -> Document:
    """The ExperimentConfig of its training jobs, named as AWS names what it makes for jobs."""
    name = f"{record['HyperParameterTuningJobName']}-aws-tuning-job"
    return {"ExperimentName": name, "TrialName": name}


def make_experiment(stores: Stores, record: Document) -> None:
    """Creates the experiment and its trial, or keeps those that an earlier job of this name has left."""
    config = record["_ExperimentConfig"]
    source = {"SourceArn": record["HyperParameterTuningJobArn"], "SourceType": SOURCE_TYPE}
    try:
        name = find_entity(stores, EXPERIMENT, config["ExperimentName"])["ExperimentName"]
    except NotFound:
        name = config["ExperimentName"]
        create_entity(stores, EXPERIMENT, {"ExperimentName": name, "DisplayName": name, "Source": source})
    try:
        find_entity(stores, TRIAL, config["TrialName"])
    except NotFound:
        trial = config["TrialName"]
        wanted = {"TrialName": trial, "DisplayName": trial, "ExperimentName": name, "Source": source}
        create_entity(stores, TRIAL, wanted)
        stores.links.add(LinkKind.TRIAL, name, trial)


def forget_experiment(stores: Stores, record: Document) -> None:
    """Deletes the experiment with its tuning job if nothing stands in it."""
    config = record["_ExperimentConfig"]
    try:
        experiment = find_entity(stores, EXPERIMENT, config["ExperimentName"])
        trial = find_entity(stores, TRIAL, config["TrialName"])
    except NotFound:
        return
    trials = stores.links.targets(LinkKind.TRIAL, experiment["ExperimentName"])
    if stores.links.any_from(LinkKind.COMPONENT, trial["TrialName"]) or trials != [trial["TrialName"]]:
        return
    stores.links.remove(LinkKind.TRIAL, experiment["ExperimentName"], trial["TrialName"])
    delete_entity(stores, TRIAL, trial)
    delete_entity(stores, EXPERIMENT, experiment)
