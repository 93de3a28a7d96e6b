"""Conditional requests: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.store.objects import Guard, StoredObject


def check_read(request: Mapping[str, Any], stored: StoredObject) -> None:
    """Raises 412 or 304. An ETag condition takes precedence over the corresponding date condition."""
    failed = _failed_requirement(request, stored, "")
    if failed:
        raise errors.precondition_failed(failed)
    if _is_unchanged(request, stored, ""):
        raise errors.S3Error("NotModified", "Not Modified", 304, headers=_validators(stored))


def check_copy_source(request: Mapping[str, Any], stored: StoredObject) -> None:
    """Raises 412 for a condition on the source of a copy that does not hold."""
    failed = _failed_requirement(request, stored, "CopySource")
    if failed or _is_unchanged(request, stored, "CopySource"):
        raise errors.precondition_failed(failed or "x-amz-copy-source-If-None-Match")


def write_guard(request: Mapping[str, Any]) -> Guard | None:
    """Returns the check of the key's current object that a write has to pass; None without a condition."""
    if_match, if_none_match = request.get("IfMatch"), request.get("IfNoneMatch")
    if if_match is None and if_none_match is None:
        return None

    def guard(current: StoredObject | None) -> None:
        if if_none_match is not None and current is not None and _names(if_none_match, current.etag):
            raise errors.precondition_failed("If-None-Match")
        if if_match is not None and current is None:
            raise errors.no_such_key(request["Key"])
        if if_match is not None and current is not None and not _names(if_match, current.etag):
            raise errors.precondition_failed("If-Match")

    return guard


def _validators(stored: StoredObject) -> dict[str, str]:
    """Returns the headers of a 304. Some caches drop their copy when a 304 has no ETag."""
    headers = {
        "etag": f'"{stored.etag}"',
        "last-modified": formatdate(int(stored.modified_at), usegmt=True),
    }
    if stored.version:
        headers["x-amz-version-id"] = stored.version
    kept = stored.attributes.get("Headers", {})
    for member, header in (("CacheControl", "cache-control"), ("Expires", "expires")):
        if member in kept and str(kept[member]).isascii():
            headers[header] = str(kept[member])
    return headers


def _failed_requirement(request: Mapping[str, Any], stored: StoredObject, prefix: str) -> str:
    if_match = request.get(f"{prefix}IfMatch")
    if if_match is not None:
        return "" if _names(if_match, stored.etag) else "If-Match"
    until = request.get(f"{prefix}IfUnmodifiedSince")
    # Dates in headers are whole seconds.
    return "If-Unmodified-Since" if until is not None and int(stored.modified_at) > until else ""


def _is_unchanged(request: Mapping[str, Any], stored: StoredObject, prefix: str) -> bool:
    if_none_match = request.get(f"{prefix}IfNoneMatch")
    if if_none_match is not None:
        return _names(if_none_match, stored.etag)
    since = request.get(f"{prefix}IfModifiedSince")
    return since is not None and int(stored.modified_at) <= since


def _names(header: str, etag: str) -> bool:
    """Whether a header lists ``etag``."""
    named = [item.strip().removeprefix("W/").strip('"') for item in header.split(",")]
    return "*" in named or etag in named
