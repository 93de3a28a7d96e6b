"""ListGroups: the records that match a search, in groups by their value of a column, with numbers of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest

from ._computed import COMPUTED, computed_values
from ._request import count_of, text_of
from ._table_request import column_of, read_table_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.services.context import Context, Document
    from clary.store.attribute_index import AttributeTable
    from clary.store.attribute_index.bitmap import RecordBitmap
    from clary.store.attribute_index.table import Value

    from ._table_request import TableRequest

MOST_GROUPS = 1_000
MOST_COLUMNS = 40
MOST_COLUMN = 1_024


def list_groups(ctx: Context, request: Mapping[str, object]) -> Document:
    """The greatest groups first; records without the value are the last one, whose Value is null.

    Resource, SearchExpression and Text as in ListRows. Columns: those whose numbers are wanted. A record with
    several values (a component in two trials) is in the group of each. Raises BadRequest.
    """
    wanted = read_table_request(ctx, request)
    by = _column(wanted, text_of(request, "GroupBy", most=MOST_COLUMN), "GroupBy")
    columns = request.get("Columns", [])
    if not isinstance(columns, list) or len(columns) > MOST_COLUMNS:
        raise BadRequest(f"Columns has to be a list of at most {MOST_COLUMNS}")
    checked = [_column(wanted, column, "Columns") for column in columns]
    count = count_of(request, "Count", default=MOST_GROUPS, least=1, most=MOST_GROUPS)
    with ctx.records.table(wanted.resource.kind) as table:
        matching = table.matching(wanted.expression, wanted.text)
        groups = _groups(table, by, matching)
        shown = groups[:count]
        numbers = {column: _numbers(ctx, table, column, matching, shown) for column in checked}
        total = matching.count(1)
    return {
        "Groups": [{"Value": value, "Count": len(members)} for value, members in shown],
        "Numbers": numbers,
        "GroupTotal": len(groups),
        "Total": total,
    }


def _groups(
    table: AttributeTable, by: str, matching: RecordBitmap
) -> list[tuple[Value | None, Sequence[int]]]:
    """Returns (value, records)."""
    without = bytearray(matching)
    members: dict[Value, dict[int, None]] = {}
    for record, value in table.whole_column(by, matching):
        members.setdefault(value, {})[record] = None
        without[record] = 0
    groups: list[tuple[Value | None, Sequence[int]]] = [
        (value, list(each)) for value, each in members.items()
    ]
    # Groups of one size stand in the order of their values, numbers before texts.
    groups.sort(key=lambda group: (-len(group[1]), isinstance(group[0], str), group[0]))
    rest = [record for record, marked in enumerate(without) if marked]
    return groups + ([(None, rest)] if rest else [])


def _numbers(
    ctx: Context,
    table: AttributeTable,
    column: str,
    matching: RecordBitmap,
    groups: Sequence[tuple[Value | None, Sequence[int]]],
) -> dict[str, list[float | None]]:
    """Returns the mean, the least and the greatest number of each group; None where it has no number."""
    known: dict[int, float] = {}
    if column in COMPUTED.get(table.kind, ()):
        ids = [record for record, marked in enumerate(matching) if marked]
        values = computed_values(table, column, ids, ctx.now())
        known = {record: value for record, value in zip(ids, values, strict=True) if value is not None}
    else:
        for record, value in table.whole_column(column, matching):
            # The first value, as in the table.
            if isinstance(value, float):
                known.setdefault(record, value)
    found: dict[str, list[float | None]] = {"Mean": [], "Min": [], "Max": []}
    for _, members in groups:
        numbers = [known[record] for record in members if record in known]
        found["Mean"].append(sum(numbers) / len(numbers) if numbers else None)
        found["Min"].append(min(numbers, default=None))
        found["Max"].append(max(numbers, default=None))
    return found


def _column(wanted: TableRequest, column: object, member: str) -> str:
    if not isinstance(column, str) or not 1 <= len(column) <= MOST_COLUMN:
        raise BadRequest(f"{member} has to be a text of 1 to {MOST_COLUMN} characters")
    if column in COMPUTED.get(wanted.resource.kind, ()) and member != "GroupBy":
        return column
    return column_of(wanted.resource, column, member=member)
