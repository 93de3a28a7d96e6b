"""The attributes that are stored with an object: made from requests, and converted to members of responses.

Headers    ContentType, CacheControl, ...      Tags        key to value
Metadata   the user's own                      StorageClass
Encryption as asked for, only echoed           Checksum    Algorithm, Value, Type
TagCount   only in place of Tags
Parts      runs of [count, size in bytes]      UploadId    of the upload that made it
PartChecksums  Algorithm, Values in order of the parts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _errors as errors
from ._tags import tags_of_header
from ._versions import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Document
    from clary.store.objects import StoredObject

REDIRECT = "WebsiteRedirectLocation"
HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
)
ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
DEFAULT_CONTENT_TYPE = "binary/octet-stream"
METADATA_LIMIT_BYTES = 2048

_OBJECT_LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
_OWNER_ONLY = (None, "private", "bucket-owner-full-control", "bucket-owner-read")


def attributes_of_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the attributes that a PutObject, CreateMultipartUpload or replacing CopyObject gives.

    Raises S3Error for access control, object lock and too much metadata.
    """
    check_no_access_control(request)
    if any(request.get(name) is not None for name in _OBJECT_LOCK):
        raise errors.not_implemented("Object lock", "leave out the ObjectLock parameters")
    metadata = request.get("Metadata") or {}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > METADATA_LIMIT_BYTES:
        raise errors.S3Error(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=size,
            MaxSizeAllowed=METADATA_LIMIT_BYTES,
        )
    attributes: dict[str, Any] = {"Headers": _headers(request)}
    if metadata:
        attributes["Metadata"] = {name.lower(): value for name, value in metadata.items()}
    if request.get("Tagging"):
        attributes["Tags"] = tags_of_header(request["Tagging"])
    attributes.update(storage_of_request(request))
    return attributes


def storage_of_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """Storage class and encryption, which a copy takes from the request and not from its source."""
    storage: dict[str, Any] = {}
    if request.get("StorageClass", "STANDARD") != "STANDARD":
        storage["StorageClass"] = request["StorageClass"]
    encryption = {name: request[name] for name in ENCRYPTION if request.get(name) is not None}
    if encryption:
        storage["Encryption"] = encryption
    return storage


def redirect_of_request(request: Mapping[str, Any]) -> dict[str, str]:
    """Returns the redirect of an object for websites; empty without one. Raises InvalidRedirectLocation."""
    where = request.get(REDIRECT)
    if not where:
        return {}
    if not where.startswith(("/", "http://", "https://")):
        raise errors.S3Error(
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        )
    return {REDIRECT: where}


def check_no_access_control(request: Mapping[str, Any]) -> None:
    """Raises AccessControlListNotSupported for a grant to others, as buckets with ACLs disabled do."""
    if request.get("ACL") not in _OWNER_ONLY or any(request.get(name) is not None for name in _GRANTS):
        raise errors.S3Error(
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs: use IAM policies to let others in.",
        )


def head_of(stored: StoredObject) -> Document:
    """Returns the headers that GetObject and HeadObject have in common."""
    attributes = stored.attributes
    head: Document = {
        "AcceptRanges": "bytes",
        **version_of(stored),
        "LastModified": stored.modified_at,
        "ETag": quoted(stored.etag),
        **attributes.get("Headers", {}),
        "Metadata": attributes.get("Metadata", {}),
        **attributes.get("Encryption", {}),
    }
    if "StorageClass" in attributes:
        head["StorageClass"] = attributes["StorageClass"]
    if tag_count := attributes.get("TagCount") or len(attributes.get("Tags", ())):
        head["TagCount"] = tag_count
    return head


def checksum_members(attributes: dict[str, Any]) -> Document:
    """Returns ``ChecksumCRC32`` or another checksum, and ``ChecksumType``; empty when there is none."""
    checksum = attributes.get("Checksum")
    if not checksum:
        return {}
    return {f"Checksum{checksum['Algorithm']}": checksum["Value"], "ChecksumType": checksum["Type"]}


def part_checksum_members(attributes: dict[str, Any], number: int) -> Document:
    """Returns ``ChecksumCRC32`` or another checksum of one part; empty when parts have none."""
    checksums = attributes.get("PartChecksums")
    if not checksums:
        return {}
    return {f"Checksum{checksums['Algorithm']}": checksums["Values"][number - 1]}


def storage_class_of(attributes: dict[str, Any]) -> str:
    return str(attributes.get("StorageClass", "STANDARD"))


def quoted(etag: str) -> str:
    return f'"{etag}"'


def _headers(request: Mapping[str, Any]) -> dict[str, Any]:
    headers = {name: request[name] for name in HEADERS if request.get(name) not in (None, "")}
    headers.setdefault("ContentType", DEFAULT_CONTENT_TYPE)
    coding = _without_framing(headers.pop("ContentEncoding", ""))
    if coding:
        headers["ContentEncoding"] = coding
    return {**headers, **redirect_of_request(request)}


def _without_framing(codings: str) -> str:
    """Removes aws-chunked, which is the framing of the upload and not a property of the object."""
    if "aws-chunked" not in codings.lower():
        return codings
    named = [coding.strip() for coding in codings.split(",")]
    return ",".join(coding for coding in named if coding and coding.lower() != "aws-chunked")
