"""Returns one object as listings show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._attributes import quoted, storage_class_of

if TYPE_CHECKING:
    from clary.store.objects import StoredObject


def entry_of(stored: StoredObject) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "LastModified": stored.modified_at,
        "ETag": quoted(stored.etag),
        "Size": stored.size,
        "StorageClass": storage_class_of(stored.attributes),
    }
    checksum = stored.attributes.get("Checksum")
    if checksum:
        entry["ChecksumAlgorithm"] = [checksum["Algorithm"]]
        entry["ChecksumType"] = checksum["Type"]
    return entry
