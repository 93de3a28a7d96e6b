"""What a hyperparameter may be. Each has a scale of 0 to 1 that its values are spread on evenly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

Value = int | float | str


class Scale(Enum):
    LINEAR = "Linear"
    LOGARITHMIC = "Logarithmic"
    REVERSE_LOGARITHMIC = "ReverseLogarithmic"
    """Finer towards the high end, for values just below 1, such as a momentum."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """low <= value <= high. Logarithmic: low > 0. ReverseLogarithmic: 0 <= low and high < 1."""

    name: str
    low: float
    high: float
    scale: Scale
    whole: bool
    """Whether its values are whole numbers."""

    @property
    def count(self) -> float:
        """How many different values it has."""
        if self.low == self.high:
            return 1
        return self.high - self.low + 1 if self.whole else math.inf

    def at(self, unit: float) -> Value:
        """The value at a position of its scale."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        if self.whole:
            # Half a step beyond both ends, so that these values are as likely as the others.
            low, high = self._scaled(self.low - 0.5), self._scaled(self.high + 0.5)
            found = round(self._unscaled(low + unit * (high - low)))
            return int(min(max(found, self.low), self.high))
        return min(max(self._unscaled(low + unit * (high - low)), self.low), self.high)

    def position(self, value: float) -> float:
        """The position of a value on its scale; not for whole numbers."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        return 0.0 if low == high else min(max((self._scaled(value) - low) / (high - low), 0.0), 1.0)

    def read(self, text: str) -> Value | None:
        """The value of a text; None when it is no value of this parameter."""
        try:
            value = float(text)
        except ValueError:
            return None
        if not self.low <= value <= self.high or (self.whole and value != round(value)):
            return None
        return int(value) if self.whole else value

    def _scaled(self, value: float) -> float:
        if self.scale is Scale.LOGARITHMIC:
            return math.log(value)
        if self.scale is Scale.REVERSE_LOGARITHMIC:
            return -math.log1p(-value)
        return value

    def _unscaled(self, scaled: float) -> float:
        if self.scale is Scale.LOGARITHMIC:
            return math.exp(scaled)
        if self.scale is Scale.REVERSE_LOGARITHMIC:
            return -math.expm1(-scaled)
        return scaled


@dataclass(frozen=True, slots=True)
class Categories:
    """One of several texts, in no order."""

    name: str
    choices: tuple[str, ...]

    @property
    def count(self) -> float:
        return len(self.choices)

    def at(self, unit: float) -> Value:
        return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]

    def read(self, text: str) -> Value | None:
        return text if text in self.choices else None


Parameter = Numbers | Categories


def spelled(value: Value) -> str:
    """A value as a hyperparameter of a job. ``read`` of its parameter finds the same value again."""
    return value if isinstance(value, str) else repr(value)
