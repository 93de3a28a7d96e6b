"""The limits of the tags of a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_TAGS = 50


def checked_tags(given: Sequence[Mapping[str, str]], present: Mapping[str, str]) -> dict[str, str]:
    """Returns tags by key. present: those that the repository has.

    Raises InvalidTagParameterException, and TooManyTagsException.
    """
    tags: dict[str, str] = {}
    for tag in given:
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            raise errors.invalid_tag(f"tag key {key} begins with aws:, which is reserved; choose another")
        if key in tags:
            raise errors.invalid_tag(f"tag key {key} is given twice; each key may be used once")
        tags[key] = tag["Value"]
    if len({*present, *tags}) > MOST_TAGS:
        raise errors.too_many_tags(f"a repository has at most {MOST_TAGS} tags; remove some first")
    return tags
