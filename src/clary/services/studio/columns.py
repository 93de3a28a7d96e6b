"""ListColumns and ListTypicalColumns: which columns a table of records may have, and which ones tell most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest
from clary.store.attribute_index.names import NamedMember, names_of, spreads

from ._request import count_of
from ._table_request import read_table_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document

MOST_COLUMNS = 1_000
MOST_HINT = 256

SAMPLE = 200
"""The newest records, of which the columns that differ are taken."""

NAMED: dict[str, tuple[NamedMember, ...]] = {
    "experiment-trial-component": (
        NamedMember("Parameters", ("NumberValue", "StringValue")),
        # Every metric has a count, also one whose values are all NaN.
        NamedMember("Metrics", ("Count",)),
        NamedMember("Tags", ()),
        NamedMember("InputArtifacts", ("Value",)),
        NamedMember("OutputArtifacts", ("Value",)),
    ),
    "experiment": (NamedMember("Tags", ()),),
    "experiment-trial": (NamedMember("Tags", ()),),
}
OF_JOBS = (NamedMember("HyperParameters", ()), NamedMember("Metrics", ()), NamedMember("Tags", ()))
"""Of kinds that are not in ``NAMED``."""


def list_columns(ctx: Context, request: Mapping[str, object]) -> Document:
    """Names of parameters, metrics, tags and artifacts of matching records, from First on; and how many.

    Resource, SearchExpression and Text as in ListRows. Hint: what the name contains, in any case. Member:
    one of the members that hold names, to list these only. Raises BadRequest.
    """
    wanted = read_table_request(ctx, request)
    hint = request.get("Hint", "")
    if not isinstance(hint, str) or len(hint) > MOST_HINT:
        raise BadRequest(f"Hint has to be a text of at most {MOST_HINT} characters")
    first = count_of(request, "First", default=0, least=0, most=10**9)
    count = count_of(request, "Count", default=100, least=0, most=MOST_COLUMNS)
    kind = wanted.resource.kind
    members = NAMED.get(kind, OF_JOBS)
    if "Member" in request:
        members = tuple(each for each in members if each.member == request["Member"])
        if not members:
            known = ", ".join(each.member for each in NAMED.get(kind, OF_JOBS))
            raise BadRequest(f"Member has to be one of {known}")
    with ctx.records.table(kind) as table:
        is_all = wanted.expression is None and not wanted.text
        among = None if is_all else table.matching(wanted.expression, wanted.text)
        found = [
            {"Member": each.member, "Name": name}
            for each in members
            for name in names_of(table.connection, kind, each, among, hint)
        ]
    return {"Columns": found[first : first + count], "First": first, "Total": len(found)}


def list_typical_columns(ctx: Context, request: Mapping[str, object]) -> Document:
    """What the newest matching records have: by name, how many have it, and whether its values differ.

    Resource, SearchExpression and Text as in ListRows. The names that most have come first.
    """
    wanted = read_table_request(ctx, request)
    kind = wanted.resource.kind
    members = NAMED.get(kind, OF_JOBS)
    with ctx.records.table(kind) as table:
        matching = table.matching(wanted.expression, wanted.text)
        ids = table.ordered(matching, "CreationTime", descending=True)[:SAMPLE]
        found: dict[tuple[str, str], tuple[int, bool]] = {}
        for each in spreads(table.connection, ids):
            name = _named(members, each.path)
            if name is not None:
                count, differs = found.get(name, (0, False))
                found[name] = (count + each.count, differs or each.differs or count > 0)
    columns = sorted(found.items(), key=lambda column: (-column[1][0], column[0][1].lower()))
    return {
        "Columns": [
            # A name that some have and others lack tells them apart too.
            {"Member": member, "Name": name, "Count": count, "Differs": differs or count < len(ids)}
            for (member, name), (count, differs) in columns[:MOST_COLUMNS]
        ],
        "Sampled": len(ids),
    }


def _named(members: tuple[NamedMember, ...], path: str) -> tuple[str, str] | None:
    """Returns (member, name) of a path; None where it names no value of its own."""
    member, _, rest = path.partition(".")
    named = next((each for each in members if each.member == member), None)
    if named is None or not rest:
        return None
    if not named.tails:
        return member, rest
    # A metric differs where its last value does, not where its count does.
    tails = ("Last",) if named.tails == ("Count",) else named.tails
    name, _, tail = rest.rpartition(".")
    return (member, name) if tail in tails and name else None
