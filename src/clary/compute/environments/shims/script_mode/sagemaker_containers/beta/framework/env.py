"""The training environment under its older names."""

from __future__ import annotations

from sagemaker_training.environment import (  # type: ignore[import-not-found, unused-ignore]
    Environment as TrainingEnv,
)


def training_env() -> TrainingEnv:
    """The surroundings of this job, as attributes and as a mapping."""
    return TrainingEnv()


__all__ = ["TrainingEnv", "training_env"]
