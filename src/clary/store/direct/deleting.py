"""Deletes keys and versions in the other S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.object_changes import Deletion

from .refusals import DirectRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.store.object_changes import Doomed

    from .client import DirectClient


def delete(client: DirectClient, bucket: str, doomed: Sequence[Doomed]) -> list[Deletion]:
    """Deletes in one request. Raises DirectRefused when something is refused; the rest is deleted then."""
    named = [
        {"Key": item} if isinstance(item, str) else dict(zip(_NAMES, item, strict=True)) for item in doomed
    ]
    if not named:
        return []
    if len(named) == 1:
        # DeleteObjects is what S3s get wrong most often.
        with client.asking(bucket) as asked:
            one: Any = asked.delete_object(Bucket=bucket, **named[0])  # type: ignore[arg-type]
        marker = bool(one.get("DeleteMarker"))
        version = str(one.get("VersionId") or "")
        return [Deletion(named[0]["Key"], version, marker, "VersionId" in named[0])]
    listed: Any = {"Objects": named}
    with client.asking(bucket) as asked:
        answer = asked.delete_objects(Bucket=bucket, Delete=listed)
    for refused in answer.get("Errors") or ():
        raise DirectRefused(
            str(refused.get("Code") or "AccessDenied"),
            f"The S3 {client.endpoint} does not delete {refused.get('Key')}: {refused.get('Message')}",
            403,
        )
    told: dict[tuple[str, str], Any] = {
        (item["Key"], item.get("VersionId", "")): item for item in answer.get("Deleted") or ()
    }
    return [_deletion(item, told.get((item["Key"], item.get("VersionId", "")), {})) for item in named]


_NAMES = ("Key", "VersionId")


def _deletion(item: dict[str, str], told: dict[str, Any]) -> Deletion:
    marker = bool(told.get("DeleteMarker"))
    if "VersionId" in item:
        return Deletion(item["Key"], item["VersionId"], marker, by_version=True)
    return Deletion(item["Key"], str(told.get("DeleteMarkerVersionId") or ""), marker)
