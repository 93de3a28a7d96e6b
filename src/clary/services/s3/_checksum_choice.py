"""The checksum of a multipart upload: which one it has, and its value for the completed object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store import checksums

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.services.context import Document
    from clary.store.upload_rows import Part, Upload


def check_algorithm(algorithm: str) -> None:
    if algorithm not in checksums.ALGORITHMS:
        raise errors.not_implemented(
            f"The checksum algorithm {algorithm}", f"use one of {', '.join(checksums.ALGORITHMS)}"
        )


def chosen_checksum(request: Mapping[str, Any]) -> dict[str, str]:
    """Returns ``ChecksumAlgorithm`` and ``ChecksumType`` of a new upload; empty when it has none."""
    algorithm, kind = request.get("ChecksumAlgorithm"), request.get("ChecksumType")
    if algorithm is None:
        if kind is not None:
            raise errors.invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        return {}
    check_algorithm(algorithm)
    can_be_whole = algorithm in checksums.CRC_POLYNOMIALS
    kind = kind or ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")
    if (kind == "FULL_OBJECT" and not can_be_whole) or (kind == "COMPOSITE" and algorithm == "CRC64NVME"):
        raise errors.invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    return {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}


def part_checksum(upload: Upload, computed: dict[str, str]) -> dict[str, str]:
    """Returns the checksum to store with a part: of its upload's algorithm, or the one that was sent."""
    algorithm = upload.attributes.get("ChecksumAlgorithm")
    others = set(computed) - {algorithm}
    if algorithm is not None and others:
        raise errors.invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {algorithm.lower()}, "
            f"actual checksum Type: {min(others).lower()}"
        )
    return {"Algorithm": min(computed), "Value": computed[min(computed)]} if computed else {}


def check_listed_checksums(upload: Upload, listed: Sequence[Document]) -> None:
    """Raises InvalidRequest when a completion of a COMPOSITE upload lists a part without its checksum.

    The checksum of such an object is made of those of its parts, so the client has to know each of them.
    """
    algorithm = upload.attributes.get("ChecksumAlgorithm")
    if algorithm is None or upload.attributes.get("ChecksumType") != "COMPOSITE":
        return
    for item in listed:
        if item.get(f"Checksum{algorithm}") is None:
            raise errors.invalid_request(
                f"The upload was created using a {algorithm.lower()} checksum. The complete request must "
                f"include the checksum for each part. It was missing for part {item.get('PartNumber')} "
                "in the request."
            )


def whole_checksum(request: Mapping[str, Any], upload: Upload, parts: Sequence[Part]) -> dict[str, Any]:
    """Returns algorithm, value and type for the completed object; empty for none. Raises BadDigest.

    An Unchecked upload is one of another S3, which keeps no checksums.
    """
    if upload.attributes.get("Unchecked"):
        return {}
    algorithm, kind = upload.attributes.get("ChecksumAlgorithm"), upload.attributes.get("ChecksumType")
    if request.get("ChecksumType") not in (None, kind):
        raise errors.invalid_request(
            "The upload was created using a different checksum type: "
            f"{kind or 'none'}, not {request['ChecksumType']}"
        )
    if algorithm is None:
        return {}
    values = [part.attributes["Checksum"]["Value"] for part in parts]
    if kind == "FULL_OBJECT":
        sized = [(value, part.size) for value, part in zip(values, parts, strict=True)]
        value = checksums.combine(algorithm, sized)
    else:
        value = checksums.composite(algorithm, values)
    if request.get(f"Checksum{algorithm}") not in (None, value, value.partition("-")[0]):
        raise errors.bad_digest(algorithm)
    return {"Algorithm": algorithm, "Value": value, "Type": kind}
