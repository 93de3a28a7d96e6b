"""CopyObject: a second object with the same content and attributes of its own. No byte is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.copy_source import read_copy_source
from clary.store import checksums
from clary.store.buckets import BucketMissing

from . import _errors as errors
from ._attributes import (
    REDIRECT,
    attributes_of_request,
    check_no_access_control,
    checksum_members,
    quoted,
    redirect_of_request,
    storage_of_request,
)
from ._checksum_choice import check_algorithm
from ._conditions import write_guard
from ._copy_source import open_source, source_version_of
from ._tags import tags_of_header
from ._targets import check_target
from ._versions import new_version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import CopyObjectRequestTypeDef

    from clary.services.context import Context, Document
    from clary.store.objects import OpenObject, StoredObject

_OF_THE_CONTENT = ("Checksum", "Parts", "PartChecksums")


def copy_object(ctx: Context, request: CopyObjectRequestTypeDef) -> Document:
    """There is no size limit: content never changes, so two objects can share it.

    The copy has the ETag of its source, also of a source that was uploaded in parts.
    """
    check_target(ctx, request)
    check_no_access_control(request)
    if request.get("ChecksumAlgorithm"):
        check_algorithm(request["ChecksumAlgorithm"])
    guard = write_guard(request)
    opened = open_source(ctx, request)
    try:
        source = opened.object
        _refuse_copy_onto_itself(request, source)
        attributes = _attributes(request, source)
        algorithm = request.get("ChecksumAlgorithm")
        if algorithm and attributes.get("Checksum", {}).get("Algorithm") != algorithm:
            attributes["Checksum"] = _checksum_of(opened, algorithm)
            attributes.pop("PartChecksums", None)
        stored = ctx.blobs.objects.put_same_content(
            source,
            request["Bucket"],
            request["Key"],
            attributes=attributes,
            modified_at=ctx.now(),
            guard=guard,
        )
    except BucketMissing:
        raise errors.no_such_bucket(request["Bucket"]) from None
    except FileNotFoundError:
        raise errors.try_again(
            "The source was replaced while it was being copied. Please try again."
        ) from None
    finally:
        opened.close()
    return {
        "CopyObjectResult": {
            "ETag": quoted(stored.etag),
            "LastModified": stored.modified_at,
            **checksum_members(attributes),
        },
        **new_version_of(stored),
        **source_version_of(source),
        **attributes.get("Encryption", {}),
    }


def _attributes(request: Mapping[str, Any], source: StoredObject) -> dict[str, Any]:
    of_source = source.attributes
    if request.get("MetadataDirective") == "REPLACE":
        attributes = attributes_of_request({**request, "Tagging": None})
    else:
        attributes = {name: of_source[name] for name in ("Headers", "Metadata") if name in of_source}
        # A redirect belongs to the key and not to the content: a copy has the one in the request.
        attributes["Headers"] = {
            **{name: value for name, value in of_source.get("Headers", {}).items() if name != REDIRECT},
            **redirect_of_request(request),
        }
        attributes.update(storage_of_request(request))
    if request.get("TaggingDirective") == "REPLACE":
        attributes["Tags"] = tags_of_header(request.get("Tagging") or "")
    elif "Tags" in of_source:
        attributes["Tags"] = of_source["Tags"]
    attributes.update({name: of_source[name] for name in _OF_THE_CONTENT if name in of_source})
    return attributes


def _refuse_copy_onto_itself(request: Mapping[str, Any], source: StoredObject) -> None:
    # An old version may be copied onto its own key, which restores it.
    named = bool(read_copy_source(request["CopySource"]).version)
    same = (source.bucket, source.key) == (request["Bucket"], request["Key"]) and not named
    replaces = "REPLACE" in (request.get("MetadataDirective"), request.get("TaggingDirective"))
    changes = storage_of_request(request) or request.get("StorageClass") or request.get(REDIRECT)
    if same and not replaces and not changes:
        raise errors.invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing "
            "the object's metadata, storage class, website redirect location or encryption attributes."
        )


def _checksum_of(opened: OpenObject, algorithm: str) -> dict[str, str]:
    checksum, position = checksums.start(algorithm), 0
    while data := opened.read(1 << 20, position):
        checksum.update(data)
        position += len(data)
    return {"Algorithm": algorithm, "Value": checksums.encode(checksum.digest()), "Type": "FULL_OBJECT"}
