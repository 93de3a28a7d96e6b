"""The kind ``training-job``."""

from .kind import KIND

__all__ = ["KIND"]
