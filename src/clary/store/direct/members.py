"""Translates between the attributes of stored objects and the members of requests to the other S3."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from clary.store.object_rows import StoredObject

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "WebsiteRedirectLocation",
)
_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
UNNAMED = "-"
"""In place of an ETag that an S3 does not tell. An object without any content name is a delete marker."""


def members_of(attributes: Mapping[str, Any], *, encrypts: bool) -> dict[str, Any]:
    """Returns the members of a PutObject, CreateMultipartUpload or replacing CopyObject, without tags.

    encrypts: whether the S3 is asked to encrypt as the client asks.
    """
    headers = attributes.get("Headers", {})
    members: dict[str, Any] = {name: headers[name] for name in _HEADERS if name in headers}
    expires = headers.get("Expires")
    if isinstance(expires, int | float):
        members["Expires"] = datetime.fromtimestamp(expires, UTC)
    elif expires is not None:
        with contextlib.suppress(ValueError):  # S3 keeps any text, and botocore sends dates only
            members["Expires"] = parsedate_to_datetime(str(expires))
    if attributes.get("Metadata"):
        members["Metadata"] = attributes["Metadata"]
    if "StorageClass" in attributes:
        members["StorageClass"] = attributes["StorageClass"]
    return {**members, **attributes.get("Encryption", {})} if encrypts else members


def tagging_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Returns ``Tagging``; empty without tags."""
    return {"Tagging": urlencode(attributes["Tags"])} if attributes.get("Tags") else {}


def stored_of_head(bucket: str, key: str, head: Mapping[str, Any]) -> StoredObject:
    """Returns the object that a HeadObject or GetObject answers."""
    attributes: dict[str, Any] = {"Headers": {name: head[name] for name in _HEADERS if head.get(name)}}
    if head.get("ExpiresString"):
        attributes["Headers"]["Expires"] = head["ExpiresString"]
    if head.get("Metadata"):
        attributes["Metadata"] = dict(head["Metadata"])
    if head.get("StorageClass", "STANDARD") != "STANDARD":
        attributes["StorageClass"] = head["StorageClass"]
    if encryption := {name: head[name] for name in _ENCRYPTION if head.get(name)}:
        attributes["Encryption"] = encryption
    if head.get("TagCount"):
        attributes["TagCount"] = head["TagCount"]
    return StoredObject(
        bucket,
        key,
        head.get("ETag") or UNNAMED,
        int(head.get("ContentLength", 0)),
        str(head.get("ETag", "")).strip('"'),
        head["LastModified"].timestamp() if "LastModified" in head else 0.0,
        attributes,
        str(head.get("VersionId") or ""),
    )


def stored_of_entry(bucket: str, entry: Mapping[str, Any]) -> StoredObject:
    """Returns the object, or the version, of an entry of a listing."""
    storage = entry.get("StorageClass", "STANDARD")
    return StoredObject(
        bucket,
        entry["Key"],
        entry.get("ETag") or UNNAMED,
        int(entry.get("Size", 0)),
        str(entry.get("ETag", "")).strip('"'),
        entry["LastModified"].timestamp(),
        {} if storage == "STANDARD" else {"StorageClass": storage},
        str(entry.get("VersionId") or ""),
    )


def marker_of(bucket: str, key: str, version: str, modified_at: float = 0.0) -> StoredObject:
    return StoredObject(bucket, key, "", 0, "", modified_at, {}, version)
