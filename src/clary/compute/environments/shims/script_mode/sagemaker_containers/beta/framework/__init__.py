"""What inference and training scripts of older images import together, in one line."""

from . import content_types, encoders, env, transformer, worker
from .env import TrainingEnv, training_env

__all__ = ["TrainingEnv", "content_types", "encoders", "env", "training_env", "transformer", "worker"]
