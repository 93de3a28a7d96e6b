"""One thing a caller needs, and where it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.domain.identity import Caller
    from clary.services.access.directory import Directory


@dataclass(frozen=True, slots=True)
class Requirement:
    """``context``: condition keys in lower case, to one value or several."""

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    account: str
    region: str
    caller: Caller | None = None
    directory: Directory | None = None


def request_tags(tags: Any) -> dict[str, str | Sequence[str]]:
    """``aws:RequestTag/...`` and ``aws:TagKeys`` of a Tags member.

    tags: a map, or a list of Key and Value, or (where tags are taken away) of keys.
    """
    if not tags:
        return {}
    if isinstance(tags, dict):
        pairs = tags
    else:
        pairs = {tag["Key"]: tag.get("Value", "") for tag in tags if isinstance(tag, dict)}
    context: dict[str, str | Sequence[str]] = {
        f"aws:requesttag/{key.lower()}": value for key, value in pairs.items()
    }
    context["aws:tagkeys"] = list(pairs) or list(tags)
    return context
