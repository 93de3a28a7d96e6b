"""A search that tests every record: the reference for the index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clary.store.attribute_index import Every, Expression, Nested, Not, Operator, Query, Some, Where

Attribute = tuple[str, int, Any]
"""(path, element of the outermost list, value)"""


def attributes_of(document: Mapping[str, Any]) -> list[Attribute]:
    found: list[Attribute] = []

    def walk(path: str, value: Any, element: int | None) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(f"{path}.{name}" if path else name, inner, element)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                walk(path, inner, index if element is None else element)
        elif value is not None:
            found.append((path, element or 0, value))

    walk("", document, None)
    return found


def nearest(paths: set[str], asked: str) -> str | None:
    """The known path that a caller means: the same but for case, and the fewest letters apart."""
    same = [path for path in paths if path.lower() == asked.lower()]
    apart = {path: sum(a != b for a, b in zip(path, asked, strict=True)) for path in same}
    return min(same, key=lambda path: (apart[path], path), default=None)


def matches(expression: Expression, attributes: list[Attribute], paths: set[str]) -> bool:
    match expression:
        case Not(part):
            return not matches(part, attributes, paths)
        case Every(parts):
            return all(matches(part, attributes, paths) for part in parts)
        case Some(parts):
            return any(matches(part, attributes, paths) for part in parts)
        case Where(path, Operator.EXISTS):
            return any(_at_or_below(attribute[0], path) for attribute in attributes)
        case Where(path):
            meant = nearest(paths, path)
            return any(attribute[0] == meant and _holds(expression, attribute[2]) for attribute in attributes)
        case Nested(path, tests):
            elements = {attribute[1] for attribute in attributes if _at_or_below(attribute[0], path)}
            return any(
                all(matches(test, [f for f in attributes if f[1] == element], paths) for test in tests)
                for element in elements
            )


def naive_search(records: Mapping[str, Mapping[str, Any]], paths: set[str], query: Query) -> list[str]:
    """The names of all records that match, in order; ties and missing values by creation and insertion.

    records: in the order of insertion. paths: every path that was ever there.
    """
    found = []
    sort = nearest(paths, query.sort_by)
    for position, (name, document) in enumerate(records.items()):
        attributes = attributes_of(document)
        if query.expression is not None and not matches(query.expression, attributes, paths):
            continue
        values = [attribute[2] for attribute in attributes if attribute[0] == sort]
        rank, number, string = 2, document["CreationTime"], ""
        if values and isinstance(values[0], str):
            rank, number, string = 1, 0.0, values[0]
        elif values:
            rank, number = 0, values[0]
        found.append((rank, (number, string, position), name))
    found.sort(key=lambda row: row[1], reverse=query.descending)
    found.sort(key=lambda row: row[0])
    return [name for _, _, name in found]


def _holds(test: Where, value: Any) -> bool:
    if isinstance(value, str):
        if test.operator is Operator.CONTAINS:
            return test.texts[0] in value
        return test.operator is Operator.EQUALS and value in test.texts
    return {
        Operator.EQUALS: lambda: value in test.numbers,
        Operator.GREATER: lambda: value > test.numbers[0],
        Operator.AT_LEAST: lambda: value >= test.numbers[0],
        Operator.LESS: lambda: value < test.numbers[0],
        Operator.AT_MOST: lambda: value <= test.numbers[0],
    }.get(test.operator, lambda: False)()


def _at_or_below(path: str, asked: str) -> bool:
    return path.lower() == asked.lower() or path.lower().startswith(f"{asked.lower()}.")
