"""Checks the ExperimentConfig of a new job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from .entities import COMPONENT, EXPERIMENT, TRIAL, find_entity

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores


def check_experiment_config(stores: Stores, config: Document) -> None:
    """Checks that everything it names exists. Raises NotFound; ValidationError for a trial elsewhere."""
    if "ExperimentName" in config:
        experiment = find_entity(stores, EXPERIMENT, config["ExperimentName"])["ExperimentName"]
    if "TrialName" in config:
        trial = find_entity(stores, TRIAL, config["TrialName"])
        if "ExperimentName" in config and trial["ExperimentName"] != experiment:
            raise ValidationError(
                f"ExperimentConfig.TrialName: trial {trial['TrialName']} belongs to experiment "
                f"{trial['ExperimentName']}, not to {experiment}."
            )
    if "RunName" in config:
        find_entity(stores, COMPONENT, config["RunName"])
