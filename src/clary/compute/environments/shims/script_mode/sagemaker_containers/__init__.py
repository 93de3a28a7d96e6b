"""The part of AWS's sagemaker-containers (the forerunner of sagemaker-training) that scripts import."""

from .beta.framework.env import TrainingEnv, training_env

__all__ = ["TrainingEnv", "training_env"]
