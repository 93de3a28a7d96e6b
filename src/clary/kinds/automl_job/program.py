"""The image whose programs an Autopilot job's jobs run, and what these are told of the request."""

from __future__ import annotations

from typing import Any

from .forms import wishes_of
from .locations import locations_of

Document = dict[str, Any]

IMAGE = "clary-automl:1"
PROGRAM = ("python3", "-m", "clary_automl")

CONFIG = "CLARY_AUTOML_CONFIG"
"""The variable that tells the programs what the job was asked for, as JSON."""

MEMORY = "CLARY_AUTOML_MEMORY_MIB"
"""The variable that tells a training job how much memory its instance has."""


def config_of(record: Document) -> Document:
    """What the programs are told of the request."""
    wishes = wishes_of(record)
    arn = record["AutoMLJobArn"].split(":")
    return {
        "target": wishes.target,
        "problem_type": wishes.problem_type,
        "metric": wishes.metric,
        "mode": wishes.mode,
        "max_candidates": wishes.max_candidates,
        "max_runtime_per_training_job_s": wishes.max_runtime_of_training_s,
        "max_runtime_s": wishes.max_runtime_s,
        "validation_fraction": wishes.validation_fraction,
        "sample_weight": wishes.sample_weight,
        "content_type": "".join(wishes.content_type.split()),
        "compression": wishes.channels[0].get("CompressionType", "None").replace("None", "") or None,
        "features": None,
        "algorithms": wishes.algorithms,
        "job_name": record["AutoMLJobName"],
        "role": record["RoleArn"],
        "region": arn[3],
        "output_uri": locations_of(record).base,
    }


def resolved(record: Document) -> Document:
    """What the analysis has decided, to replace members of ``config_of``."""
    plan = record["_Plan"]
    return {"mode": plan["Mode"], "problem_type": plan["ProblemType"], "metric": plan["Metric"]}
