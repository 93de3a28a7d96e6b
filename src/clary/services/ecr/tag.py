"""Tags of repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.services.pushed_images import repository_arn

from . import _errors as errors
from ._found import found_repository
from ._tags import checked_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document


def list_tags_for_resource(ctx: Context, request: Mapping[str, Any]) -> Document:
    tags = ctx.tags.get(_arn(ctx, request))
    return {"tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def tag_resource(ctx: Context, request: Mapping[str, Any]) -> None:
    arn = _arn(ctx, request)
    ctx.tags.put(arn, checked_tags(request["tags"], ctx.tags.get(arn)))


def untag_resource(ctx: Context, request: Mapping[str, Any]) -> None:
    ctx.tags.remove(_arn(ctx, request), request["tagKeys"])


def _arn(ctx: Context, request: Mapping[str, Any]) -> str:
    """Returns resourceArn. Raises InvalidParameterException, and NotFound for an unknown repository."""
    arn: str = request["resourceArn"]
    own = repository_arn(ctx.region, ctx.account, "")
    if not arn.startswith(own):
        raise errors.invalid(
            f"resourceArn is {arn}; repositories of this account and region begin with {own}"
        )
    found_repository(ctx, {}, arn.removeprefix(own))
    return arn
