"""The List operations of SageMaker's resources: filters, sort orders and pages, the same for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.store.paging import BadToken, ListQuery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Select

    from clary.services.context import Context, Document

SORT_COLUMNS = {
    "CreationTime": "created_at",
    "LastModifiedTime": "modified_at",
    "Name": "name",
    "Status": "status",
}


def list_records(
    ctx: Context,
    kind: str,
    request: Mapping[str, Any],
    *,
    answer: str,
    members: tuple[tuple[str, str], ...] = (),
    members_contain: tuple[tuple[str, str], ...] = (),
    names: Select[tuple[str]] | None = None,
    order: str = "Descending",
) -> Document:
    """One page of the records of a kind as ``{answer: [documents], NextToken}``. Raises ValidationError.

    The output shape drops the members that a summary does not have.
    order: the SortOrder when the request has none; the reference page of each operation says which it is.
    """
    query = ListQuery(
        kind=kind,
        sort_by=SORT_COLUMNS[request.get("SortBy", "CreationTime")],
        descending=request.get("SortOrder", order) == "Descending",
        name_contains=request.get("NameContains", ""),
        statuses=[request["StatusEquals"]] if "StatusEquals" in request else (),
        # The operations of experiments and lineage have other names for these members.
        created_after=request.get("CreationTimeAfter", request.get("CreatedAfter")),
        created_before=request.get("CreationTimeBefore", request.get("CreatedBefore")),
        modified_after=request.get("LastModifiedTimeAfter"),
        modified_before=request.get("LastModifiedTimeBefore"),
        members=members,
        members_contain=members_contain,
        names=names,
    )
    try:
        page = ctx.records.page(query, limit=request.get("MaxResults", 10), token=request.get("NextToken"))
    except BadToken as error:
        raise refused_token(error) from None
    found: Document = {answer: page.documents}
    if page.token is not None:
        found["NextToken"] = page.token
    return found


def refused_token(error: BadToken) -> ValidationError:
    """The answer to a NextToken that the list did not make."""
    return ValidationError(f"NextToken is not valid: {error}. Begin again without it.")
