"""The encoding of names in a listing: none, or percent-encoding when the client asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def speller_for(encoding_type: str | None) -> Callable[[str], str]:
    """encoding_type: ``url``, or None. XML can't hold some characters that keys may contain."""
    if encoding_type is None:
        return str
    if encoding_type != "url":
        raise errors.invalid_argument(
            "encoding-type", encoding_type, "Invalid Encoding Method specified in Request"
        )
    # A space becomes %20 and a plus %2B: some clients decode "+" as a space, others do not.
    return lambda name: quote(name, safe="/")


def repeated_members(request: Mapping[str, Any], spell: Callable[[str], str]) -> dict[str, Any]:
    """Returns the members of a request that the response to every listing repeats."""
    members = {"Prefix": spell(request.get("Prefix") or "")}
    if request.get("Delimiter"):
        members["Delimiter"] = spell(request["Delimiter"])
    if request.get("EncodingType"):
        members["EncodingType"] = request["EncodingType"]
    return members
