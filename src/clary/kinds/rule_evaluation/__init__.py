"""The kind ``rule-evaluation``: the rules of a training job, evaluated beside it."""

from .kind import KIND

__all__ = ["KIND"]
