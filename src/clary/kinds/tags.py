"""Reads and checks the tags of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_sagemaker.type_defs import TagTypeDef

LIMIT = 50


def tags_of_request(request: Mapping[str, Any]) -> dict[str, str]:
    """``Tags`` as a dict; raises ValidationError on a repeated or reserved key."""
    return checked_tags(request.get("Tags", []))


def checked_tags(tags: Sequence[TagTypeDef]) -> dict[str, str]:
    """Returns tags by key. Raises ValidationError for too many, reserved or repeated keys."""
    if len(tags) > LIMIT:
        raise ValidationError(f"Tags has {len(tags)} entries; a resource has at most {LIMIT}.")
    checked: dict[str, str] = {}
    for tag in tags:
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            raise ValidationError(f"Tag key {key!r} begins with aws:, which is reserved; choose another.")
        if key in checked:
            raise ValidationError(f"Tag key {key!r} is given twice; each key may be used once.")
        checked[key] = tag["Value"]
    return checked
