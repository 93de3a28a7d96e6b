"""What a step was for."""

from __future__ import annotations

import enum
from typing import Union


class Mode(enum.IntEnum):
    """The numbers are the ones in the files. GLOBAL counts over all of them."""

    TRAIN = 1
    EVAL = 2
    PREDICT = 3
    GLOBAL = 4

    def __str__(self) -> str:
        return self.name


ModeLike = Union[Mode, str, None]
"""A mode, its name in any case, or None for GLOBAL."""


def as_mode(mode: ModeLike) -> Mode:
    """The mode that is meant; ValueError names the four there are."""
    if mode is None:
        return Mode.GLOBAL
    if isinstance(mode, str):
        try:
            return Mode[mode.strip().upper()]
        except KeyError:
            raise ValueError(f"{mode!r} is not a mode; use TRAIN, EVAL, PREDICT or GLOBAL") from None
    # An enumeration of another library with the same names, smdebug's for one, is understood too.
    return Mode[mode.name]
