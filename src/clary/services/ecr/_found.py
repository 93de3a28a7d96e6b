"""Finds the repository of a request, and cuts lists into pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from clary.services._page_token import read_token, write_token
from clary.services.pushed_images import REPOSITORY, RepositoryImages

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clary.services.context import Context, Document

T = TypeVar("T")

PAGE = 100


def registry_of(ctx: Context, request: Mapping[str, Any]) -> str:
    return str(request.get("registryId", ctx.account))


def found_repository(ctx: Context, request: Mapping[str, Any], name: str = "") -> Document:
    """Returns the record of a repository, that of repositoryName by default. Raises NotFound."""
    name = name or request["repositoryName"]
    registry = registry_of(ctx, request)
    found = ctx.records.find(REPOSITORY, name) if registry == ctx.account else None
    if found is None:
        raise errors.no_repository(name, registry)
    return found


def images_of(ctx: Context, request: Mapping[str, Any]) -> RepositoryImages:
    """Raises NotFound for an unknown repository."""
    return RepositoryImages(ctx.records, ctx.account, found_repository(ctx, request)["repositoryName"])


def one_page(
    request: Mapping[str, Any], member: str, items: Sequence[T], key: Callable[[T], tuple[str, ...]]
) -> Document:
    """Returns ``{member: items of the page, nextToken}`` of items that are sorted by ``key``.

    Raises InvalidParameterException for a token that no page had.
    """
    token = request.get("nextToken")
    if token is not None:
        after = read_token(token, str, str)
        if after is None:
            raise errors.invalid("nextToken is not one that a page of this list had")
        items = [item for item in items if key(item) > tuple(after)]
    limit = request.get("maxResults", PAGE)
    page: Document = {member: list(items[:limit])}
    if len(items) > limit:
        page["nextToken"] = write_token(*key(items[limit - 1]))
    return page
