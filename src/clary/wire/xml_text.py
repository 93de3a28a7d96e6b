"""Escapes text for XML."""

from __future__ import annotations

import re

_SPECIAL = re.compile("[&<>\"'\\r\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#13;"}


def escape(text: str) -> str:
    """Returns text as the content of an element or the value of an attribute.

    A carriage return becomes a reference, because parsers turn a literal one into a line feed. A character
    that XML 1.0 can't hold becomes U+FFFD, so that one object key never makes a whole listing unreadable;
    clients that list such keys ask for ``encoding-type=url``.
    """
    return _SPECIAL.sub(_entity, text)


def element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0], "\ufffd")
