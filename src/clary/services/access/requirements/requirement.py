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
    """``aws:RequestTag/...`` and ``aws:TagKeys`` of a Tags member: a list of Key and Value, or a map."""
    if not tags:
        return {}
    pairs = (
        list(tags.items())
        if isinstance(tags, dict)
        else [(tag.get("Key", ""), tag.get("Value", "")) for tag in tags]
    )
    context: dict[str, str | Sequence[str]] = {f"aws:requesttag/{key.lower()}": value for key, value in pairs}
    context["aws:tagkeys"] = [key for key, _ in pairs]
    return context
