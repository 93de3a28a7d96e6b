"""Instants of a request. The stubs of boto3 type them as a client gives them: a datetime or a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from datetime import datetime


def epoch_s(instant: datetime | str) -> float:
    """The instant as the operations get it: the wire has turned every instant into epoch seconds."""
    return cast("float", instant)
