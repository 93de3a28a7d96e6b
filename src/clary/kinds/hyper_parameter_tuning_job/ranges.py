"""The ranges of a tuning job, read and checked. Every error names the member and the fix."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from .auto_ranges import range_around
from .search import Categories, Numbers, Parameter, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.stores import Document

MOST_PARAMETERS = 30

WIDE = 100.0
"""Auto is logarithmic from this ratio of the ends of a range on."""

LARGEST_WHOLE = 2**53
"""Beyond it, a float does not hold every whole number."""


def read_ranges(member: str, ranges: Document, static: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The search space of a definition. Raises ValidationError.

    member: where the ranges are in the request. static: the hyperparameters that are not searched.
    """
    space: list[Parameter] = []
    for kind, whole in (("IntegerParameterRanges", True), ("ContinuousParameterRanges", False)):
        for index, given in enumerate(ranges.get(kind, ())):
            space.append(_numbers(f"{member}.{kind}[{index}]", given, whole))
    for index, given in enumerate(ranges.get("CategoricalParameterRanges", ())):
        space.append(_categories(f"{member}.CategoricalParameterRanges[{index}]", given))
    space += [range_around(given["Name"], given["ValueHint"]) for given in ranges.get("AutoParameters", ())]
    if not space:
        raise ValidationError(
            f"{member} is empty; give at least one range of IntegerParameterRanges, "
            "ContinuousParameterRanges or CategoricalParameterRanges."
        )
    if len(space) > MOST_PARAMETERS:
        raise ValidationError(
            f"{member} has {len(space)} hyperparameters; at most {MOST_PARAMETERS} are tuned."
        )
    _check_names(member, [parameter.name for parameter in space], static)
    return tuple(space)


def _check_names(member: str, names: list[str], static: Mapping[str, str]) -> None:
    for name in names:
        if not name:
            raise ValidationError(f"{member} has a range without a Name.")
        if names.count(name) > 1:
            raise ValidationError(f"{member}: {name!r} has two ranges; each hyperparameter has one.")
        if name in static:
            raise ValidationError(
                f"{member}: {name!r} has a range and is in StaticHyperParameters; leave one of them out."
            )


def _categories(member: str, given: Document) -> Categories:
    values = given["Values"]
    if not values:
        raise ValidationError(f"{member}.Values of {given['Name']!r} is empty; give at least one value.")
    for value in values:
        if values.count(value) > 1:
            raise ValidationError(f"{member}.Values of {given['Name']!r} has {value!r} twice.")
    return Categories(given["Name"], tuple(values))


def _numbers(member: str, given: Document, whole: bool) -> Numbers:
    low, high = (_number(f"{member}.{end}", given, end, whole) for end in ("MinValue", "MaxValue"))
    name = given["Name"]
    if low > high:
        raise ValidationError(
            f"{member}: MinValue {given['MinValue']} of {name!r} is greater than MaxValue "
            f"{given['MaxValue']}; exchange them."
        )
    if not math.isfinite(high - low):
        raise ValidationError(f"{member}: the range of {name!r} is too wide for a number; narrow it.")
    return Numbers(name, low, high, _scale(member, given, low, high, whole), whole)


def _number(path: str, given: Document, end: str, whole: bool) -> float:
    text, sort = given[end], "a whole number" if whole else "a number"
    try:
        value = float(text)
    except ValueError:
        raise ValidationError(f"{path} of {given['Name']!r} is {text!r}; give {sort}.") from None
    if not math.isfinite(value):
        raise ValidationError(f"{path} of {given['Name']!r} is {text}; give a finite number.")
    if whole and (value != round(value) or abs(value) > LARGEST_WHOLE):
        raise ValidationError(
            f"{path} of {given['Name']!r} is {text}; give a whole number within ±2^53, or use "
            "ContinuousParameterRanges."
        )
    return value


def _scale(member: str, given: Document, low: float, high: float, whole: bool) -> Scale:
    wanted = given.get("ScalingType", "Auto")
    if wanted == "Auto":
        return Scale.LOGARITHMIC if low > 0 and high / low >= WIDE else Scale.LINEAR
    if wanted == "Logarithmic" and low <= 0:
        raise ValidationError(
            f"{member}: ScalingType Logarithmic of {given['Name']!r} needs a MinValue above 0, not "
            f"{given['MinValue']}; raise it, or use Linear."
        )
    if wanted == "ReverseLogarithmic":
        if whole:
            raise ValidationError(
                f"{member}: ScalingType ReverseLogarithmic of {given['Name']!r} is for continuous ranges; "
                "use Linear or Logarithmic."
            )
        if low < 0 or high >= 1:
            raise ValidationError(
                f"{member}: ScalingType ReverseLogarithmic of {given['Name']!r} needs 0 <= MinValue and "
                f"MaxValue < 1, not {given['MinValue']} to {given['MaxValue']}."
            )
    return Scale(wanted)
