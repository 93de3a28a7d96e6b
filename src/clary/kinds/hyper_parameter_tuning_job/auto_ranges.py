"""The range around a value that a user finds reasonable, for Autotune (``AutoParameters``)."""

from __future__ import annotations

import math

from .search import Categories, Numbers, Parameter, Scale

FACTOR = 10.0
FINE_FACTOR = 100.0
"""For values below ``FINE``: learning rates and regularization, whose order of magnitude is in question."""
FINE = 0.1


def range_around(name: str, hint: str) -> Parameter:
    """Whole numbers and other positive ones within a factor, a share within 0 and 1, both of true and false.

    Any other text is the only value.
    """
    if hint.strip('"').lower() in ("true", "false"):
        spelled = ("true", "false") if hint.strip('"').islower() else ("True", "False")
        quote = '"' if hint.startswith('"') else ""
        return Categories(name, tuple(f"{quote}{each}{quote}" for each in spelled))
    try:
        value = float(hint)
    except ValueError:
        return Categories(name, (hint,))
    if not math.isfinite(value):
        return Categories(name, (hint,))
    if _is_whole(hint):
        if value >= 1:
            low, high = max(1.0, float(round(value / FACTOR))), float(round(value * FACTOR))
            return Numbers(name, low, high, Scale.LOGARITHMIC, whole=True)
        return Numbers(name, min(2 * value, 0.0), max(abs(value), FACTOR), Scale.LINEAR, whole=True)
    if 0 < value < FINE:
        return Numbers(name, value / FINE_FACTOR, value * FINE_FACTOR, Scale.LOGARITHMIC, whole=False)
    if 0 <= value <= 1:
        return Numbers(name, 0.0, 1.0, Scale.LINEAR, whole=False)
    if value > 0:
        return Numbers(name, value / FACTOR, value * FACTOR, Scale.LOGARITHMIC, whole=False)
    return Numbers(name, value * FACTOR, -value, Scale.LINEAR, whole=False)


def _is_whole(hint: str) -> bool:
    try:
        int(hint)
    except ValueError:
        return False
    return True
