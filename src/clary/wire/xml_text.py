"""Text into XML."""

from __future__ import annotations

import re

_SPECIAL = re.compile("[&<>\"'\\r\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#13;"}


def escape(text: str) -> str:
    """Text as an element's content or an attribute's value.

    A carriage return is written as a reference, since parsers turn a bare one into a line feed. What
    XML 1.0 can't hold at all becomes U+FFFD, so that one odd object key never makes a whole listing
    unreadable; clients that list such keys ask for ``encoding-type=url``.
    """
    return _SPECIAL.sub(_entity, text)


def element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0], "\ufffd")
