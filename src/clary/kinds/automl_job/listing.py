"""The list of an Autopilot job's candidates: filtered, sorted and paged over its book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError

from .answered import candidates_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]

FINAL = "FinalAutoMLJobObjectiveMetric"
PAGE = 10


def list_candidates(record: Document, request: Mapping[str, Any]) -> Document:
    """One page of the candidates. Raises ValidationError for a NextToken that is not its own."""
    found = candidates_of(record) if "_Plan" in record else []
    if "StatusEquals" in request:
        found = [each for each in found if each["CandidateStatus"] == request["StatusEquals"]]
    if "CandidateNameEquals" in request:
        found = [each for each in found if each["CandidateName"] == request["CandidateNameEquals"]]
    descending = request.get("SortOrder", "Ascending") == "Descending"
    found = _sorted(found, request.get("SortBy", "CreationTime"), descending)
    start = _start(request.get("NextToken", "0"))
    end = start + request.get("MaxResults", PAGE)
    page: Document = {"Candidates": found[start:end]}
    return page | ({"NextToken": str(end)} if end < len(found) else {})


def _sorted(found: list[Document], by: str, descending: bool) -> list[Document]:
    if by == "CreationTime":
        return found[::-1] if descending else found
    if by == "Status":
        return sorted(found, key=lambda each: str(each["CandidateStatus"]), reverse=descending)
    # Those without a value stand at the end of either order.
    valued = [each for each in found if FINAL in each]
    valued.sort(key=lambda each: float(each[FINAL]["Value"]), reverse=descending)
    return [*valued, *(each for each in found if FINAL not in each)]


def _start(token: str) -> int:
    if not token.isdecimal():
        raise ValidationError("NextToken is not valid: it is not of this list. Begin again without it.")
    return int(token)
