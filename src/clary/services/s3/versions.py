"""ListObjectVersions: the current and old versions of keys, and delete markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.version_listing import VersionPage

from . import _errors as errors
from ._listed import entry_of
from ._page_limit import page_limit
from ._spelling import repeated_members, speller_for
from ._targets import check_bucket, check_target, check_version, owner_of

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectVersionsRequestTypeDef

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject


def list_object_versions(ctx: Context, request: ListObjectVersionsRequestTypeDef) -> Document:
    """In a bucket without versions each object has the version "null": tools that empty buckets need it."""
    check_target(ctx, request)
    key_marker, version_marker = request.get("KeyMarker") or "", request.get("VersionIdMarker") or ""
    if version_marker and not key_marker:
        raise errors.invalid_argument(
            "version-id-marker",
            version_marker,
            "A version-id marker cannot be specified without a key marker.",
        )
    check_version(version_marker or None)
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    limit = page_limit(request, "MaxKeys", "max-keys")
    page = VersionPage()
    if limit > 0:
        page = ctx.blobs.objects.page_of_versions(
            request["Bucket"],
            prefix=prefix,
            delimiter=delimiter,
            key_marker=key_marker,
            version_marker=version_marker,
            limit=limit,
        )
    if page.count == 0:
        check_bucket(ctx, request["Bucket"])
    spell = speller_for(request.get("EncodingType"))
    answer: dict[str, Any] = {
        "Name": request["Bucket"],
        **repeated_members(request, spell),
        "KeyMarker": spell(key_marker),
        "VersionIdMarker": version_marker,
        "MaxKeys": limit,
        "IsTruncated": page.truncated,
        "Versions": [],
        "DeleteMarkers": [],
        "CommonPrefixes": [{"Prefix": spell(folder)} for folder in page.common_prefixes],
    }
    owner = owner_of(ctx)
    for version, is_latest in page.entries:
        stored = version.stored
        entry = {**_entry(stored), "Key": spell(stored.key), "IsLatest": is_latest, "Owner": owner}
        answer["DeleteMarkers" if stored.is_marker else "Versions"].append(entry)
    if page.truncated:
        answer["NextKeyMarker"] = spell(page.last_key)
        if page.last_version:
            answer["NextVersionIdMarker"] = page.last_version
    return answer


def _entry(stored: StoredObject) -> dict[str, Any]:
    named = {"VersionId": stored.version, "LastModified": stored.modified_at}
    return named if stored.is_marker else {**entry_of(stored), **named}
