"""The number of entries on a page of a listing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Mapping


PAGE_LIMIT = 1000


def page_limit(request: Mapping[str, Any], member: str, argument: str) -> int:
    """Returns ``member`` of a request, at most PAGE_LIMIT. argument: its name on the wire."""
    limit: int = request.get(member, PAGE_LIMIT)
    if limit < 0:
        raise errors.invalid_argument(
            argument, limit, f"Argument {argument} must be an integer between 0 and 2147483647"
        )
    return min(limit, PAGE_LIMIT)
