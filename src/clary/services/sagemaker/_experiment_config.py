"""What ExperimentConfig of a new job may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from ._entities import COMPONENT, EXPERIMENT, TRIAL, find_entity

if TYPE_CHECKING:
    from clary.services.context import Context, Document


def check_experiment_config(ctx: Context, config: Document) -> None:
    """Everything it names has to be there, or the job would be tracked nowhere. Raises NotFound."""
    if "ExperimentName" in config:
        experiment = find_entity(ctx, EXPERIMENT, config["ExperimentName"])["ExperimentName"]
    if "TrialName" in config:
        trial = find_entity(ctx, TRIAL, config["TrialName"])
        if "ExperimentName" in config and trial["ExperimentName"] != experiment:
            raise ValidationError(
                f"ExperimentConfig.TrialName: trial {trial['TrialName']} belongs to experiment "
                f"{trial['ExperimentName']}, not to {experiment}."
            )
    if "RunName" in config:
        find_entity(ctx, COMPONENT, config["RunName"])
