"""How names are spelled in a listing: as they are, or percent-encoded where the client asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Callable


def speller_for(encoding_type: str | None) -> Callable[[str], str]:
    """encoding_type: ``url``, or None. XML has no way to spell some characters that keys may hold."""
    if encoding_type is None:
        return str
    if encoding_type != "url":
        raise errors.invalid_argument(
            "encoding-type", encoding_type, "Invalid Encoding Method specified in Request"
        )
    # A space as %20 and a plus as %2B: clients differ in whether they take "+" for a space.
    return lambda name: quote(name, safe="/")
