"""The range around a value that a user finds reasonable, for Autotune (``AutoParameters``)."""

from __future__ import annotations

from .search import Categories, Numbers, Parameter, Scale

FACTOR = 10.0
FINE_FACTOR = 100.0
"""For values below ``FINE``: learning rates and regularization, whose order of magnitude is in question."""
FINE = 0.1

SMALLEST, LARGEST = 1e-300, 1e14
"""Between them, a factor more or less is still a number, and a whole one is exact."""


def range_around(name: str, hint: str) -> Parameter:
    """Whole numbers and other positive ones within a factor, a share within 0 and 1, both of true and false.

    Any other text is the only value, and so is a number at the limits of what a number can be.
    """
    if hint.strip('"').lower() in ("true", "false"):
        spelled = ("true", "false") if hint.strip('"').islower() else ("True", "False")
        quote = '"' if hint.startswith('"') else ""
        return Categories(name, tuple(f"{quote}{each}{quote}" for each in spelled))
    try:
        value = float(hint)
    except ValueError:
        return Categories(name, (hint,))
    if value != 0 and not SMALLEST <= abs(value) <= LARGEST:
        return Categories(name, (hint,))
    return _whole_numbers(name, value) if _is_whole(hint) else _numbers(name, value)


def _whole_numbers(name: str, value: float) -> Numbers:
    if value >= 1:
        low, high = max(1.0, float(round(value / FACTOR))), float(round(value * FACTOR))
        return Numbers(name, low, high, Scale.LOGARITHMIC, whole=True)
    return Numbers(name, min(2 * value, 0.0), max(abs(value), FACTOR), Scale.LINEAR, whole=True)


def _numbers(name: str, value: float) -> Numbers:
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
