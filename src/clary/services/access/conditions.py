"""The ``Condition`` block of a statement: operators, ``...IfExists``, ``ForAllValues:``, ``ForAnyValue:``.

All conditions of a statement have to hold. One of a condition's values has to match (with a ``Not`` operator,
none). If the request lacks the key, plain operators fail; ``Not`` operators and ``...IfExists`` hold.
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .patterns import ArnPattern, Context, Pattern, Variable, tokenize

Test = Callable[[str, Context], bool]
"""Whether one value of the request matches one value of the policy."""

SEVERAL = {"forallvalues": all, "foranyvalue": any}


class MalformedCondition(ValueError):
    """The block is malformed. The message names the operator and the key."""


@dataclass(frozen=True, slots=True)
class Condition:
    key: str
    tests: tuple[Test, ...]
    negated: bool = False
    if_exists: bool = False
    several: str = ""
    must_be_missing: bool | None = None
    """Of the operator ``Null``; None for every other."""
    keys: frozenset[str] = frozenset()
    """All keys that this condition uses: its own, and those of variables in its values."""

    def holds(self, context: Context) -> bool:
        found = context.get(self.key)
        values = (found,) if isinstance(found, str) else tuple(found or ())
        if self.must_be_missing is not None:
            return (not values) == self.must_be_missing
        if not values:
            return self.if_exists or self.several == "forallvalues" or (self.negated and not self.several)
        fits = (any(test(value, context) for test in self.tests) != self.negated for value in values)
        if self.several:
            return SEVERAL[self.several](fits)
        return all(fits) if self.negated else any(fits)


def compile_conditions(block: Any, *, variables: bool) -> tuple[Condition, ...]:
    """Raises MalformedCondition. ``variables``: whether ``${...}`` has a meaning (version 2012-10-17)."""
    if not isinstance(block, dict):
        raise MalformedCondition('has to be an object such as {"StringEquals": {"aws:username": "ada"}}')
    return tuple(_conditions(block, variables))


def _conditions(block: dict[str, Any], variables: bool) -> Iterator[Condition]:
    for name, keys in block.items():
        if not isinstance(keys, dict):
            raise MalformedCondition(f"{name}: has to be an object of condition keys and values")
        for key, raw in keys.items():
            if ":" not in key:
                raise MalformedCondition(
                    f"{name}.{key}: conditions must be prefaced by a vendor, e.g., aws:, s3:, iam:"
                )
            try:
                yield _condition(name, key.lower(), raw, variables)
            except ValueError as error:
                raise MalformedCondition(f"{name}.{key}: {error}") from None


def _condition(name: str, key: str, raw: Any, variables: bool) -> Condition:
    values = [_text(value) for value in (raw if isinstance(raw, list) else [raw])]
    if not values:
        raise ValueError("there has to be at least one value")
    several, _, plain = name.rpartition(":")
    several, plain = several.lower(), plain.lower()
    if several and several not in SEVERAL:
        raise ValueError(f"{several!r} is not a set operator; ForAllValues and ForAnyValue are")
    if plain == "null":
        return Condition(key, (), must_be_missing=_boolean(values[0]), keys=frozenset({key}))
    if_exists = plain.endswith("ifexists")
    family = OPERATORS.get(plain.removesuffix("ifexists"))
    if family is None:
        raise ValueError(f"{name!r} is not a condition operator")
    compile_value, negated = family
    tokens = [tokenize(value, wildcards=False, variables=variables) for value in values]
    asked = {token.key for found in tokens for token in found if isinstance(token, Variable)}
    return Condition(
        key,
        tuple(compile_value(value, variables) for value in values),
        negated=negated,
        if_exists=if_exists,
        several=several,
        keys=frozenset({key} | asked),
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("values have to be strings, numbers or booleans")


def _string(value: str, variables: bool) -> Test:
    return Pattern(tokenize(value, wildcards=False, variables=variables)).matches


def _string_ignoring_case(value: str, variables: bool) -> Test:
    return Pattern(tokenize(value, wildcards=False, variables=variables), ignore_case=True).matches


def _like(value: str, variables: bool) -> Test:
    return Pattern(tokenize(value, wildcards=True, variables=variables)).matches


def _arn(value: str, variables: bool) -> Test:
    return ArnPattern(tokenize(value, wildcards=True, variables=variables)).matches


def _bool(value: str, _variables: bool) -> Test:
    wanted = value.lower()
    return lambda found, _context: found.lower() == wanted


def _ip(value: str, _variables: bool) -> Test:
    network = ipaddress.ip_network(value, strict=False)

    def inside(found: str, _context: Context) -> bool:
        try:
            return ipaddress.ip_address(found) in network
        except ValueError:
            return False

    return inside


def _ordered(
    compare: Callable[[float, float], bool], read: Callable[[str], float]
) -> Callable[[str, bool], Test]:
    def compile_value(value: str, _variables: bool) -> Test:
        wanted = read(value)

        def fits(found: str, _context: Context) -> bool:
            try:
                return compare(read(found), wanted)
            except ValueError:
                return False

        return fits

    return compile_value


def _number(text: str) -> float:
    return float(text)


def _instant(text: str) -> float:
    """Parses an ISO 8601 date or epoch seconds to epoch seconds."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} has to be true or false")
    return text.lower() == "true"


def _operators() -> Iterator[tuple[str, tuple[Callable[[str, bool], Test], bool]]]:
    for name, compile_value in (
        ("stringequals", _string),
        ("stringequalsignorecase", _string_ignoring_case),
        ("stringlike", _like),
        ("arnequals", _arn),
        ("arnlike", _arn),
    ):
        yield name, (compile_value, False)
        family = "string" if name.startswith("string") else "arn"
        yield f"{family}not{name.removeprefix(family)}", (compile_value, True)
    yield "bool", (_bool, False)
    yield "binaryequals", (_string, False)
    yield "ipaddress", (_ip, False)
    yield "notipaddress", (_ip, True)
    for prefix, read in (("numeric", _number), ("date", _instant)):
        yield f"{prefix}equals", (_ordered(operator.eq, read), False)
        yield f"{prefix}notequals", (_ordered(operator.eq, read), True)
        yield f"{prefix}lessthan", (_ordered(operator.lt, read), False)
        yield f"{prefix}lessthanequals", (_ordered(operator.le, read), False)
        yield f"{prefix}greaterthan", (_ordered(operator.gt, read), False)
        yield f"{prefix}greaterthanequals", (_ordered(operator.ge, read), False)


OPERATORS = dict(_operators())
