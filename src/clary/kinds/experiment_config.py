"""What ExperimentConfig of a new job may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from .entities import COMPONENT, EXPERIMENT, TRIAL, find_entity

if TYPE_CHECKING:
    from clary.kinds.stores import Document, Stores


def check_experiment_config(stores: Stores, config: Document) -> None:
    """Everything it names has to be there, or the job would be tracked nowhere. Raises NotFound."""
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
