"""Builds a rule from the strings of ``RuleParameters``.

On the wire every parameter is a string: ``"True"``, ``"1e-7"``, ``"relu_output,tanh_output"``. The fields of
the rule's class give the type of each.
"""

from __future__ import annotations

import json
import math
import re
import types
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import RuleConfigurationError, RuleParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

Built = TypeVar("Built")


def build_rule(rule: type[Built], parameters: Mapping[str, Any]) -> Built:
    """The rule with these parameters (strings, or parsed values). Raises RuleConfigurationError.

    A rule whose parameters are not its fields has a class method ``from_parameters``.
    """
    from_parameters = getattr(rule, "from_parameters", None)
    if from_parameters is not None:
        built: Built = from_parameters(parameters)
        return built
    hints = get_type_hints(rule)
    takes = {field.name: hints[field.name] for field in fields(rule)}  # type: ignore[arg-type]
    unknown = sorted(set(parameters) - set(takes))
    if unknown:
        known = ", ".join(takes) or "nothing"
        raise RuleConfigurationError(f"{rule.__name__} has no parameter '{unknown[0]}'; it takes {known}")
    return rule(**{name: parse(name, takes[name], value) for name, value in parameters.items()})


def parse(name: str, kind: Any, value: Any) -> Any:
    """Parses ``value`` as the type ``kind``: int, float, bool, str, a tuple of one of these, or an optional.

    Raises RuleParameterError.
    """
    if get_origin(kind) in (Union, types.UnionType):
        if value is None or (isinstance(value, str) and value.strip().lower() in ("none", "")):
            return None
        return parse(name, next(part for part in get_args(kind) if part is not type(None)), value)
    if get_origin(kind) is tuple:
        return tuple(parse(name, get_args(kind)[0], item) for item in _items(value))
    if kind is bool:
        return _truth(name, value)
    if kind is int or kind is float:
        return _number(name, kind, value)
    text = str(value).strip()
    if name.endswith("regex"):
        _check_pattern(name, text)
    return text


def _items(value: Any) -> list[Any]:
    """The items of a list, of a JSON list, or of a string with commas between them."""
    if not isinstance(value, str):
        return list(value)
    if value.lstrip().startswith("["):
        try:
            items = json.loads(value)
        except ValueError:
            pass  # an expression such as [Ll]oss
        else:
            return list(items)
    if value.strip().lower() == "none":
        return []
    return [item.strip() for item in value.split(",") if item.strip()]


def _truth(name: str, value: Any) -> bool:
    text = str(value).strip().lower()
    if text in ("true", "1", "yes"):
        return True
    if text in ("false", "0", "no"):
        return False
    raise RuleParameterError(name, value, 'give "True" or "False"')


def _number(name: str, kind: type, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise RuleParameterError(name, value, 'give a number, such as "10"')
    if kind is float:
        return number
    if number != int(number):
        raise RuleParameterError(name, value, 'give a whole number, such as "10"')
    return int(number)


def _check_pattern(name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        fix = f"it is no regular expression ({error}); a comma separates two of them"
        raise RuleParameterError(name, pattern, fix) from None


def at_least(name: str, value: float, least: float) -> None:
    """Raises RuleParameterError unless ``value`` is ``least`` or more."""
    if value < least:
        raise RuleParameterError(name, value, f"give {least:g} or more")


def between(name: str, value: float, low: float, high: float) -> None:
    """Raises RuleParameterError unless ``value`` is in [low, high]."""
    if not low <= value <= high:
        raise RuleParameterError(name, value, f"give a number from {low:g} to {high:g}")


def one_of(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    """Raises RuleParameterError unless ``value`` is None or one of ``choices``."""
    if value is not None and value not in choices:
        raise RuleParameterError(name, value, f"give one of {', '.join(choices)}")


def require_tensors(rule: object, collection_names: tuple[str, ...], tensor_regex: tuple[str, ...]) -> None:
    """Raises RuleConfigurationError unless at least one of the two is given. For rules without a default."""
    if not collection_names and not tensor_regex:
        raise RuleConfigurationError(
            f"{type(rule).__name__} needs to know which tensors to look at: give 'collection_names' "
            '(such as "weights,gradients") or \'tensor_regex\' (such as ".*relu_output"), or both'
        )
