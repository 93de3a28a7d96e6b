"""The kind ``processing-job``."""

from .kind import KIND

__all__ = ["KIND"]
