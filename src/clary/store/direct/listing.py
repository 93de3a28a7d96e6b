"""Lists keys and versions of the other S3, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.object_listing import Listing
from clary.store.version_listing import VersionPage
from clary.store.version_rows import Ranked

from .members import marker_of, stored_of_entry
from .refusals import DirectRefused

if TYPE_CHECKING:
    from clary.store.object_rows import StoredObject

    from .client import DirectClient

MOST = 1000
"""S3 lists no more at a time."""


def page(
    client: DirectClient, bucket: str, prefix: str, delimiter: str, after: str, limit: int
) -> Listing[StoredObject]:
    """Empty without the bucket, as with rows."""
    found: Listing[StoredObject] = Listing()
    asked: dict[str, Any] = {"Prefix": prefix, "Delimiter": delimiter, "StartAfter": after}
    asked = {name: value for name, value in asked.items() if value}
    while True:
        answer = _ask(client, bucket, {**asked, "MaxKeys": min(limit - found.count, MOST)})
        if answer is None:
            return found
        rows = [stored_of_entry(bucket, entry) for entry in answer.get("Contents") or ()]
        # After a common prefix, the keys below it come as that prefix again.
        folders = [item["Prefix"] for item in answer.get("CommonPrefixes") or () if item["Prefix"] != after]
        found.rows += rows
        found.common_prefixes += folders
        found.truncated = bool(answer.get("IsTruncated"))
        found.last = max([found.last, *folders, *(row.key for row in rows[-1:])], key=str.encode)
        if not found.truncated or found.count >= limit:
            return found
        asked["ContinuationToken"] = answer["NextContinuationToken"]
        asked.pop("StartAfter", None)


def page_of_versions(
    client: DirectClient,
    bucket: str,
    prefix: str,
    delimiter: str,
    key_marker: str,
    version_marker: str,
    limit: int,
) -> VersionPage:
    """Empty without the bucket, as with rows."""
    asked: dict[str, Any] = {
        "Prefix": prefix,
        "Delimiter": delimiter,
        "KeyMarker": key_marker,
        "VersionIdMarker": version_marker,
    }
    given: Any = {name: value for name, value in asked.items() if value}
    try:
        with client.asking(bucket) as s3:
            answer = s3.list_object_versions(Bucket=bucket, MaxKeys=min(limit, MOST), **given)
    except DirectRefused as error:
        if error.code == "NoSuchBucket":
            return VersionPage()
        raise
    found = VersionPage(
        common_prefixes=[item["Prefix"] for item in answer.get("CommonPrefixes") or ()],
        truncated=bool(answer.get("IsTruncated")),
        last_key=answer.get("NextKeyMarker") or "",
        last_version=answer.get("NextVersionIdMarker") or "",
    )
    for version in answer.get("Versions") or ():
        found.entries.append((Ranked(stored_of_entry(bucket, version), 0), bool(version.get("IsLatest"))))
    for item in answer.get("DeleteMarkers") or ():
        marker = marker_of(bucket, item["Key"], item["VersionId"], item["LastModified"].timestamp())
        found.entries.append((Ranked(marker, 0), bool(item.get("IsLatest"))))
    return found


def _ask(client: DirectClient, bucket: str, asked: dict[str, Any]) -> Any:
    try:
        with client.asking(bucket) as s3:
            return s3.list_objects_v2(Bucket=bucket, **asked)
    except DirectRefused as error:
        if error.code in ("NoSuchBucket", "InvalidBucketName"):
            return None
        raise
