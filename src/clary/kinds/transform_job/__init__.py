"""The kind ``transform-job``."""

from .kind import KIND

__all__ = ["KIND"]
