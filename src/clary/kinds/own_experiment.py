"""The experiment of a job that makes jobs: their components stand in one place to be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import NotFound
from clary.kinds.entities import EXPERIMENT, TRIAL, create_entity, delete_entity, find_entity
from clary.store.links import LinkKind

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores


def experiment_config(name: str, ending: str) -> Document:
    """The ExperimentConfig of the jobs that job ``name`` makes, named as AWS names what it makes for jobs."""
    own = f"{name}-{ending}"
    return {"ExperimentName": own, "TrialName": own}


def make_experiment(stores: Stores, config: Document, arn: str, source_type: str) -> None:
    """Creates the experiment and its trial, or keeps those that an earlier job of this name has left.

    arn, source_type: of the job that they belong to.
    """
    source = {"SourceArn": arn, "SourceType": source_type}
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
    """Deletes the experiment with its job if nothing stands in it."""
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
