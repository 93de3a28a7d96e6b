"""One action that a caller needs, and on which resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.services.access.directory import Directory

KeyValues = dict[str, str | Sequence[str]]
"""Condition keys in lower case, to one value or several."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """``context``: condition keys in lower case, to one value or several."""

    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


def _no_record(_arn: str) -> dict[str, Any] | None:
    return None


class TagsOf(Protocol):
    def __call__(self, arn: str, version: str = "", /) -> Mapping[str, str]:
        """Returns the tags of a resource; of one version of an object when ``version`` names it."""


def _no_tags(_arn: str, _version: str = "", /) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Scope:
    """What requirements depend on beside the request: records and tags, both by ARN."""

    account: str
    region: str
    caller: Caller | None = None
    directory: Directory | None = None
    record_of: Callable[[str], dict[str, Any] | None] = _no_record
    tags_of: TagsOf = _no_tags


def request_tags(tags: Any) -> KeyValues:
    """Returns ``aws:RequestTag/...`` and ``aws:TagKeys`` of a Tags member.

    tags: a map, or a list of Key and Value, or (when tags are removed) of keys.
    """
    if not tags:
        return {}
    if isinstance(tags, dict):
        pairs = tags
    else:
        pairs = {tag["Key"]: tag.get("Value", "") for tag in tags if isinstance(tag, dict)}
    context: KeyValues = {f"aws:requesttag/{key.lower()}": value for key, value in pairs.items()}
    context["aws:tagkeys"] = list(pairs) or list(tags)
    return context
