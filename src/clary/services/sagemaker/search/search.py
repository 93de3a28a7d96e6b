"""Search: filters and sorts the records of one kind by any property; see docs/dev/search.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.services.sagemaker._listing import refused_token
from clary.store.attribute_index import Query
from clary.store.paging import BadToken

from ._expression import check_path, read_expression
from ._resources import resources

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        GetSearchSuggestionsRequestTypeDef,
        SearchRequestTypeDef,
    )

    from clary.services.context import Context, Document

    from ._resources import Resource

SUGGESTIONS = 100
"""The maximum of names in one answer."""


def search(ctx: Context, request: SearchRequestTypeDef) -> Document:
    """One page of the records that match. The last modified come first, unless the request says otherwise.

    Raises ValidationError, which names the filter that is not valid.
    """
    resource = _resource(request)
    if "VisibilityConditions" in request:
        raise ValidationError(
            "VisibilityConditions is not served; use a filter of a tag, such as Tags.<key> Equals <value>."
        )
    if request.get("CrossAccountFilterOption", "SameAccount") == "CrossAccount":
        return {"Results": []}
    query = Query(
        resource.kind,
        read_expression(resource, request.get("SearchExpression", {})),
        sort_by=check_path(resource, request.get("SortBy", "LastModifiedTime"), member="SortBy"),
        descending=request.get("SortOrder", "Descending") == "Descending",
    )
    try:
        found = ctx.records.search(query, limit=request.get("MaxResults", 10), token=request.get("NextToken"))
    except BadToken as error:
        raise refused_token(error) from None
    answer: Document = {
        "Results": [{resource.answer: document} for document in resource.complete(ctx, found.records)]
    }
    if found.token is not None:
        answer["NextToken"] = found.token
    return answer


def get_search_suggestions(ctx: Context, request: GetSearchSuggestionsRequestTypeDef) -> Document:
    """Names of properties that contain the hint. Those that begin with it come first."""
    resource = _resource(request)
    hint = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "")
    names = [
        path
        for path in ctx.records.suggest(resource.kind, hint, limit=SUGGESTIONS)
        if path.partition(".")[0] in resource.members
    ]
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in names]}


def _resource(request: SearchRequestTypeDef | GetSearchSuggestionsRequestTypeDef) -> Resource:
    known = resources()
    resource = known.get(request["Resource"])
    if resource is None:
        raise ValidationError(
            f"Resource {request['Resource']} can't be searched here; {', '.join(known)} can."
        )
    return resource
