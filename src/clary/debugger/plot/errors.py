"""The errors of drawing a network."""

from __future__ import annotations


class NothingToDraw(ValueError):
    """The trial has no activation that matches the arguments."""


class NoNotebook(ImportError):
    """The packages for the notebook widget are not installed."""


class TooLarge(ValueError):
    """A page would have more values than a browser can display."""
