"""Instants of a request. The stubs of boto3 declare what a client passes: a datetime or a string."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from datetime import datetime


def epoch_s(instant: datetime | str) -> float:
    """The instant in epoch seconds: ``wire`` has converted every instant before an operation sees it."""
    return cast("float", instant)
