"""Checks the ``SearchExpression`` of a request and makes an expression over the attribute index of it."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.store.attribute_index import Every, Expression, Nested, Not, Operator, Some, Where
from clary.store.attribute_index.flatten import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sagemaker.type_defs import FilterTypeDef, NestedFiltersTypeDef, SearchExpressionTypeDef

    from ._resources import Resource

    SearchExpression = SearchExpressionTypeDef | Mapping[str, Any]
    """A SubExpression is one too, which the types do not say: they would be endless."""

MOST_FILTERS = 100
"""In one request, at all levels together: each filter is a subquery."""

DEEPEST = 20
"""Levels of SubExpressions."""

ORDERS = {
    "GreaterThan": Operator.GREATER,
    "GreaterThanOrEqualTo": Operator.AT_LEAST,
    "LessThan": Operator.LESS,
    "LessThanOrEqualTo": Operator.AT_MOST,
}


def read_expression(resource: Resource, wanted: SearchExpression) -> Expression | None:
    """None when there are no filters, so that every record matches. Raises ValidationError."""
    if _depth(wanted) > DEEPEST:
        raise ValidationError(f"SearchExpression has SubExpressions more than {DEEPEST} levels deep.")
    filters = sum(1 for _ in _filters(wanted))
    if filters > MOST_FILTERS:
        raise ValidationError(
            f"SearchExpression has {filters} filters; a search takes {MOST_FILTERS}. "
            "In takes several values, separated by commas, in one filter."
        )
    return _read(resource, wanted)


def check_path(resource: Resource, path: str, *, member: str, whole: bool = True) -> str:
    """Returns the path in the document of the record. Raises ValidationError for an unknown property.

    whole: the path has to name a value, not a map of values.
    member: of the request, for the message.
    """
    if resource.within and path.lower().startswith(f"{resource.within}.".lower()):
        path = path.partition(".")[2]
    top = path.partition(".")[0].lower()
    tops = {known.lower(): known for known in resource.members}
    if top not in tops:
        near = difflib.get_close_matches(top, tops, n=3)
        meant = f" Did you mean {' or '.join(tops[each] for each in near)}?" if near else ""
        raise ValidationError(
            f"Unknown property name: {path}. {member} takes properties of {resource.answer}, which "
            f"GetSearchSuggestions lists.{meant}"
        )
    for known, tails in resource.tails:
        if whole and top == known.lower() and path.rpartition(".")[2].lower() not in _lower(tails):
            raise ValidationError(
                f"Unknown property name: {path}. In {member}, a property of {known} is {known}.<name> "
                f"and then {', '.join(f'.{tail}' for tail in tails[:-1])} or .{tails[-1]}."
            )
    return path


def _read(resource: Resource, wanted: SearchExpression) -> Expression | None:
    parts: list[Expression] = []
    parts += [_test(resource, each, "") for each in wanted.get("Filters", ())]
    parts += [_nested(resource, each) for each in wanted.get("NestedFilters", ())]
    for sub in wanted.get("SubExpressions", ()):
        read = _read(resource, sub)
        if read is None:
            raise ValidationError(
                "SearchExpression.SubExpressions has one without Filters, NestedFilters or SubExpressions."
            )
        parts.append(read)
    if not parts:
        return None
    return Every(tuple(parts)) if wanted.get("Operator", "And") == "And" else Some(tuple(parts))


def _nested(resource: Resource, wanted: NestedFiltersTypeDef) -> Nested:
    path = check_path(
        resource, wanted["NestedPropertyName"], member="NestedFilters.NestedPropertyName", whole=False
    )
    return Nested(path, tuple([_test(resource, each, path) for each in wanted["Filters"]]))


def _test(resource: Resource, wanted: FilterTypeDef, below: str) -> Where | Not:
    """below: the prefix of the names in a nested filter; a name may leave it out."""
    operator, value = wanted.get("Operator", "Equals"), wanted.get("Value")
    exists = operator in ("Exists", "NotExists")
    path = wanted["Name"]
    if below and not path.lower().startswith(f"{below.lower()}."):
        path = f"{below}.{path}"
    path = check_path(resource, path, member="Filters.Name", whole=not exists)
    if exists and value is not None:
        raise ValidationError(
            f"The filter of {path} has the Operator {operator} and a Value; {operator} takes no Value."
        )
    if not exists and value is None:
        raise ValidationError(
            f"The filter of {path} has no Value; {operator} needs one. Exists and NotExists need none."
        )
    if operator == "Exists":
        return Where(path, Operator.EXISTS)
    if operator == "NotExists":
        return Not(Where(path, Operator.EXISTS))
    assert isinstance(value, str)
    if operator == "Contains":
        return Where(path, Operator.CONTAINS, (value,))
    if operator in ORDERS:
        return Where(path, ORDERS[operator], numbers=(_ordered(path, operator, value),))
    values = [each.strip() for each in value.split(",")] if operator == "In" else [value]
    numbers = [number for each in values if (number := _number(each)) is not None]
    equal = Where(path, Operator.EQUALS, tuple(values), tuple(numbers))
    return Not(equal) if operator == "NotEquals" else equal


def _ordered(path: str, operator: str, value: str) -> float:
    number = _number(value)
    if number is None:
        raise ValidationError(
            f"The filter of {path} has the Value {value!r}; {operator} compares numbers and times. Give a "
            "number, a time such as 2026-11-23T08:00:00Z, or use Equals, NotEquals, Contains or In."
        )
    return number


def _number(value: str) -> float | None:
    """A number, or an instant in epoch seconds; a time without a zone is UTC."""
    number = number_of(value)
    if number is not None:
        return number
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def _filters(wanted: SearchExpression) -> Iterator[FilterTypeDef]:
    yield from wanted.get("Filters", ())
    for nested in wanted.get("NestedFilters", ()):
        yield from nested["Filters"]
    for sub in wanted.get("SubExpressions", ()):
        yield from _filters(sub)


def _depth(wanted: SearchExpression) -> int:
    """Levels of SubExpressions, counted without recursion: a request may have as many as fit its body."""
    level, depth = [wanted], 0
    while level:
        level = [sub for each in level for sub in each.get("SubExpressions", ())]
        depth += bool(level)
    return depth


def _lower(names: tuple[str, ...]) -> list[str]:
    return [name.lower() for name in names]
