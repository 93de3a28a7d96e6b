"""What an AutoML job is told: ``CLARY_AUTOML_CONFIG``, JSON in the environment of its processing jobs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields

from .trouble import BadInput

VARIABLE = "CLARY_AUTOML_CONFIG"


@dataclass(frozen=True)
class Config:
    """problem_type, metric: None: found out. mode: ENSEMBLING, HYPERPARAMETER_TUNING or AUTO. max_candidates:
    None: ours. *_s: seconds. algorithms: None: all. job_name and what follows: for the notebooks."""

    target: str = ""
    problem_type: str | None = None
    metric: str | None = None
    mode: str = "ENSEMBLING"
    max_candidates: int | None = None
    max_runtime_per_training_job_s: float | None = None
    max_runtime_s: float | None = None
    validation_fraction: float | None = None
    sample_weight: str | None = None
    content_type: str = "text/csv;header=present"
    algorithms: list[str] | None = None
    seed: int = 0
    job_name: str = ""
    role: str = ""
    region: str = ""
    output_uri: str = ""
    candidate: str = ""
    features: list[str] = field(default_factory=list)


def read_config() -> Config:
    """Raises BadInput when the variable is missing or malformed."""
    text = os.environ.get(VARIABLE, "")
    if not text:
        raise BadInput(
            f"The environment variable {VARIABLE} is missing; it has the settings of the AutoML job."
        )
    try:
        raw = json.loads(text)
        known = {each.name for each in fields(Config)}
        # Members without a value take their default.
        return Config(**{name: value for name, value in raw.items() if name in known and value is not None})
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInput(f"The environment variable {VARIABLE} is no object of settings: {error}") from None
