"""The mode of a step: training, evaluation or prediction."""

from __future__ import annotations

import enum
from typing import Union


class Mode(enum.IntEnum):
    """The numbers are those in the files. GLOBAL means: steps counted over all modes."""

    TRAIN = 1
    EVAL = 2
    PREDICT = 3
    GLOBAL = 4

    def __str__(self) -> str:
        return self.name


ModeLike = Union[Mode, str, None]
"""A mode, its name in upper or lower case, or None for GLOBAL."""


def as_mode(mode: ModeLike) -> Mode:
    """Converts to a Mode. Raises ValueError for an unknown name; the message lists the four modes."""
    if mode is None:
        return Mode.GLOBAL
    if isinstance(mode, str):
        try:
            return Mode[mode.strip().upper()]
        except KeyError:
            raise ValueError(f"{mode!r} is not a mode; use TRAIN, EVAL, PREDICT or GLOBAL") from None
    # Accept the enumeration of another library with the same names too, for example smdebug's.
    return Mode[mode.name]
