"""Percent-encoded pairs: query strings and form bodies."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from clary.domain.errors import BadAddress


def read_pairs(text: str) -> list[tuple[str, str]]:
    """Returns the decoded pairs in order. ``+`` is a space. Raises BadAddress unless they are UTF-8."""
    split = (pair.partition("=") for pair in text.split("&") if pair)
    return [(_decode(name), _decode(value)) for name, _, value in split]


def unquote_strictly(text: str) -> str:
    """Decodes percent-encoded UTF-8. Raises BadAddress where ``urllib`` would insert U+FFFD."""
    if "%" not in text and text.isascii():
        return text
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise BadAddress(f"Couldn't parse {text[:64]!r}: percent-encoded bytes have to be UTF-8") from None


def _decode(text: str) -> str:
    return unquote_strictly(text.replace("+", " ") if "+" in text else text)
