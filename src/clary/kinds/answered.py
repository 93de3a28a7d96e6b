"""Members that AWS answers whether or not the request had them: the SDKs read them without a default.

A record keeps the request as it came, so that what nobody asked for stays apart from what somebody did;
the defaults come in when it is shown. A record's own value always wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]


def completed(
    given: Document, defaults: Mapping[str, Any], optional: frozenset[str] = frozenset()
) -> Document:
    """The record with the defaults that it lacks.

    A default that is a list holds what to add to each entry of the record's list.
    optional: members that stay away where the record has none; what is within them is completed.
    """
    found = dict(given)
    for member, default in defaults.items():
        present = found.get(member)
        if present is None:
            if member not in optional:
                found[member] = default
        elif isinstance(default, dict):
            found[member] = completed(present, default, _NOT_CHOSEN)
        elif isinstance(default, list) and default:
            found[member] = [completed(entry, default[0], _NOT_CHOSEN) for entry in present]
    return found


_NOT_CHOSEN = frozenset({"DataSource", "S3DataSource", "S3Input", "S3Output"})
"""One of several alternatives: completed where it was chosen."""
