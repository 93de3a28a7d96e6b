"""Pages of IAM's lists: ``Marker`` and ``MaxItems`` in requests, ``IsTruncated`` and ``Marker`` in responses.

A marker names the last item of the previous page. So items that are created or deleted between two pages do
not repeat or hide others.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, TypeVar

from ._entities import invalid_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clary.services.context import Document

Item = TypeVar("Item")

DEFAULT_ITEMS = 100


def page_of(
    items: Iterable[Item], key: Callable[[Item], str], request: Mapping[str, Any]
) -> tuple[list[Item], Document]:
    """Returns (one page in the order of ``key``, the members that tell whether there is more)."""
    limit = request.get("MaxItems", DEFAULT_ITEMS)
    after = _read(request["Marker"]) if "Marker" in request else None
    rest = sorted((item for item in items if after is None or key(item) > after), key=key)
    page = rest[:limit]
    if len(rest) <= limit:
        return page, {"IsTruncated": False}
    return page, {"IsTruncated": True, "Marker": _write(key(page[-1]))}


def _write(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _read(marker: str) -> str:
    try:
        return base64.b64decode(marker.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise invalid_input("Invalid Marker: give the Marker of the page before, unchanged") from None
