"""ListRows: some columns of a window of the records that match a search, in an order; and how many match.

Search answers whole records: 100 trial components with 30 metrics each are 600 kB, of which a table shows 20
columns. Its pages follow each other, while a reader of a table jumps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest

from ._computed import COMPUTED, computed_values
from ._request import count_of
from ._table_request import column_of, read_table_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document
    from clary.store.attribute_index import AttributeTable

    from ._table_request import TableRequest

MOST_ROWS = 1_000
MOST_NAMES = 50_000
"""Rows in one answer without columns."""

MOST_COLUMNS = 300
MOST_VALUES = 100_000
MOST_COLUMN = 1_024


def list_rows(ctx: Context, request: Mapping[str, object]) -> Document:
    """Rows from First on, each with its name; values by column, null where a record has none.

    Resource, SearchExpression, SortBy and SortOrder as in Search. Text: what a name or a display name
    contains, in any case. Columns: paths of the attribute index; ``Parameters.lr`` is a number or a text.
    Raises BadRequest.
    """
    wanted = read_table_request(ctx, request)
    columns = _columns(wanted, request.get("Columns", []))
    first = count_of(request, "First", default=0, least=0, most=10**9)
    most = MOST_ROWS if columns else MOST_NAMES
    count = count_of(request, "Count", default=100, least=0, most=most)
    if count * len(columns) > MOST_VALUES:
        raise BadRequest(f"Count times the Columns is {count * len(columns)}; ask for {MOST_VALUES} at most")
    sort_by = _sort_by(wanted, request.get("SortBy", "CreationTime"))
    order = request.get("SortOrder", "Descending")
    if order not in ("Ascending", "Descending"):
        raise BadRequest("SortOrder has to be Ascending or Descending")
    with ctx.records.table(wanted.resource.kind) as table:
        matching = table.matching(wanted.expression, wanted.text)
        if sort_by in COMPUTED.get(table.kind, ()):
            ids = table.ordered(matching, "CreationTime", descending=True)
            ids = _sorted(ids, computed_values(table, sort_by, ids, ctx.now()), order == "Descending")
        else:
            ids = table.ordered(matching, sort_by, descending=order == "Descending")
        rows = table.rows(ids[first : first + count])
        return {
            "Total": len(ids),
            "First": first,
            "Names": [row.name for row in rows],
            "Arns": [row.arn for row in rows] if columns else [],
            "Columns": _values(table, [row.record for row in rows], columns, ctx.now()),
        }


def _values(table: AttributeTable, ids: list[int], columns: list[str], now: float) -> dict[str, list[Any]]:
    own = COMPUTED.get(table.kind, ())
    found = table.values(ids, [column for column in columns if column not in own])
    for column in columns:
        if column in own:
            found[column] = computed_values(table, column, ids, now)
    return found


def _sorted(ids: list[int], values: list[float | None], descending: bool) -> list[int]:
    """Those without a value come last."""
    found = [(value, each) for value, each in zip(values, ids, strict=True) if value is not None]
    without = [each for value, each in zip(values, ids, strict=True) if value is None]
    return [each for _, each in sorted(found, reverse=descending)] + without


def _columns(wanted: TableRequest, columns: object) -> list[str]:
    if not isinstance(columns, list) or len(columns) > MOST_COLUMNS:
        raise BadRequest(f"Columns has to be a list of at most {MOST_COLUMNS}")
    for column in columns:
        if not isinstance(column, str) or not 1 <= len(column) <= MOST_COLUMN:
            raise BadRequest(f"each of Columns has to be a text of 1 to {MOST_COLUMN} characters")
        _sort_by(wanted, column, member="Columns")
    return list(dict.fromkeys(columns))


def _sort_by(wanted: TableRequest, column: object, *, member: str = "SortBy") -> str:
    if not isinstance(column, str) or not 1 <= len(column) <= MOST_COLUMN:
        raise BadRequest(f"{member} has to be a text of 1 to {MOST_COLUMN} characters")
    if column in COMPUTED.get(wanted.resource.kind, ()):
        return column
    return column_of(wanted.resource, column, member=member)
