"""Autopilot jobs: what each is, what it makes, and how it lives."""

from .kind import KIND

__all__ = ["KIND"]
