"""The limits of the tags of a log group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import LimitExceeded
from clary.services.logs import _request as read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context

TAGS_LIMIT = 50


def checked_tags(ctx: Context, group: str, tags: Mapping[str, str]) -> Mapping[str, str]:
    """Returns ``tags``.

    Raises InvalidParameterException for a reserved key, TooManyTagsException for too many tags.
    """
    for key in tags:
        if key.lower().startswith("aws:"):
            raise read.invalid(f"tag key {key} starts with aws:, which is reserved; choose another prefix")
    arn = read.group_arn(ctx, group)
    if len({*ctx.tags.get(arn), *tags}) > TAGS_LIMIT:
        raise LimitExceeded(
            f"a log group holds at most {TAGS_LIMIT} tags; remove some first",
            code="TooManyTagsException",
            members={"resourceName": arn},
        )
    return tags
