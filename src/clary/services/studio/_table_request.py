"""Reads what the requests for a table of records have in common: which records it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest
from clary.services.sagemaker.search._expression import check_path, read_expression
from clary.services.sagemaker.search._resources import resources

from ._request import require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context
    from clary.services.sagemaker.search._resources import Resource
    from clary.store.attribute_index import Expression

MOST_TEXT = 256
MOST_VALUE = 1_024
MOST_NODES = 200
"""Lists and filters of an expression, at all levels."""

OPERATORS = frozenset(
    (
        *("Equals", "NotEquals", "In", "Contains", "Exists", "NotExists"),
        *("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"),
    )
)


@dataclass(frozen=True, slots=True)
class TableRequest:
    """expression: None for all records. text: what a name has to contain, in any case."""

    resource: Resource
    expression: Expression | None
    text: str


def read_table_request(ctx: Context, request: Mapping[str, object]) -> TableRequest:
    """Raises Denied where the caller may not search, and BadRequest, which names the member."""
    require(ctx, "sagemaker:Search", "*")
    known = resources()
    resource = known.get(str(request.get("Resource")))
    if resource is None:
        raise BadRequest(f"Resource has to be one of {', '.join(known)}")
    wanted = request.get("SearchExpression", {})
    _check_expression(wanted)
    text = request.get("Text", "")
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise BadRequest(f"Text has to be a text of at most {MOST_TEXT} characters")
    return TableRequest(resource, read_expression(resource, wanted), text)  # type: ignore[arg-type]


def column_of(resource: Resource, column: str, *, member: str) -> str:
    """Returns the column. Raises BadRequest where the resource has no such member."""
    return check_path(resource, column, member=member, whole=False)


def _check_expression(wanted: object) -> None:
    """Checks the form of a SearchExpression, which no model of AWS has validated here."""
    level: list[tuple[str, object]] = [("SearchExpression", wanted)]
    nodes = 0
    while level:
        name, node = level.pop()
        nodes += 1
        if not isinstance(node, dict):
            raise BadRequest(f"{name} has to be an object")
        if nodes > MOST_NODES:
            raise BadRequest(f"SearchExpression has more than {MOST_NODES} SubExpressions and NestedFilters")
        if node.get("Operator", "And") not in ("And", "Or"):
            raise BadRequest(f"{name}.Operator has to be And or Or")
        _check_filters(f"{name}.Filters", node.get("Filters", []))
        for nested in _list(f"{name}.NestedFilters", node.get("NestedFilters", [])):
            nodes += 1
            within = f"{name}.NestedFilters"
            if not isinstance(nested, dict) or not _is_text(nested.get("NestedPropertyName"), 1):
                raise BadRequest(f"each of {within} has to have a NestedPropertyName and Filters")
            if not nested.get("Filters"):
                raise BadRequest(f"{within}.Filters has to have a filter")
            _check_filters(f"{within}.Filters", nested["Filters"])
        subs = _list(f"{name}.SubExpressions", node.get("SubExpressions", []))
        level += [(f"{name}.SubExpressions"[-120:], sub) for sub in subs]


def _check_filters(name: str, filters: object) -> None:
    for each in _list(name, filters):
        if not isinstance(each, dict) or not _is_text(each.get("Name"), 1):
            raise BadRequest(f"each of {name} has to have a Name")
        if each.get("Operator", "Equals") not in OPERATORS:
            raise BadRequest(f"{name}.Operator has to be one of {', '.join(sorted(OPERATORS))}")
        if "Value" in each and not _is_text(each["Value"], 0):
            raise BadRequest(f"{name}.Value has to be a text of at most {MOST_VALUE} characters")


def _list(name: str, value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_NODES:
        raise BadRequest(f"{name} has to be a list of at most {MOST_NODES}")
    return value


def _is_text(value: object, least: int) -> bool:
    return isinstance(value, str) and least <= len(value) <= MOST_VALUE
