from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from clary.services.s3 import multipart, object_attributes, object_copy, part, upload_listing
from clary.services.s3._errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document

MIB = 1 << 20
FIRST, LAST = b"1" * (5 * MIB), b"tail"


def test_parts_become_one_object(
    ctx: Context,
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    get: Callable[..., Document],
) -> None:
    upload = begin("k", Metadata={"m": "1"}, ContentType="text/plain", Tagging="t=1")
    parts = [send_part("k", upload, 1, FIRST), send_part("k", upload, 2, LAST)]

    answer = complete("k", upload, parts)

    digests = hashlib.md5(FIRST).digest() + hashlib.md5(LAST).digest()
    assert answer["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    stored = get("k")
    assert stored["Body"] == FIRST + LAST
    assert (stored["Metadata"], stored["ContentType"], stored["TagCount"]) == ({"m": "1"}, "text/plain", 1)
    second = get("k", PartNumber=2)
    assert (second["Body"], second["PartsCount"]) == (LAST, 2)
    assert second["ContentRange"] == f"bytes {5 * MIB}-{5 * MIB + 3}/{5 * MIB + 4}"
    wanted = {"Bucket": "bucket", "Key": "k", "ObjectAttributes": ["ObjectParts"]}
    assert object_attributes.get_object_attributes(ctx, wanted)["ObjectParts"]["TotalPartsCount"] == 2


def test_asking_again_for_a_finished_completion_answers_the_same(
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    put: Callable[..., Document],
    code_of: Callable[..., str],
) -> None:
    upload = begin("k")
    parts = [send_part("k", upload, 1, LAST)]
    first = complete("k", upload, parts)

    assert complete("k", upload, parts) == first
    put("k", b"something else")
    assert code_of(complete, "k", upload, parts) == "NoSuchUpload"


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_checksums_of_parts_make_the_checksum_of_the_whole(
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    get: Callable[..., Document],
    code_of: Callable[..., str],
    kind: str,
) -> None:
    upload = begin("k", ChecksumAlgorithm="CRC32", ChecksumType=kind)
    parts = [send_part("k", upload, 1, FIRST), send_part("k", upload, 2, LAST)]
    crcs = b"".join(zlib.crc32(content).to_bytes(4, "big") for content in (FIRST, LAST))
    whole = zlib.crc32(FIRST + LAST if kind == "FULL_OBJECT" else crcs).to_bytes(4, "big")
    expected = b64encode(whole).decode() + ("" if kind == "FULL_OBJECT" else "-2")

    assert parts[0]["ChecksumCRC32"] == b64encode(crcs[:4]).decode()
    assert code_of(complete, "k", upload, parts, ChecksumCRC32="AAAAAA==") == "BadDigest"
    assert complete("k", upload, parts, ChecksumCRC32=expected)["ChecksumCRC32"] == expected
    stored = get("k", ChecksumMode="ENABLED")
    assert (stored["ChecksumCRC32"], stored["ChecksumType"]) == (expected, kind)


@pytest.mark.parametrize(("kind", "refused"), [("COMPOSITE", True), ("FULL_OBJECT", False)])
def test_only_a_composite_upload_needs_the_checksum_of_each_part(
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    kind: str,
    refused: bool,
) -> None:
    upload = begin("k", ChecksumAlgorithm="CRC32", ChecksumType=kind)
    parts = [send_part("k", upload, 1, FIRST), send_part("k", upload, 2, LAST)]
    last_without = [parts[0], {name: parts[1][name] for name in ("PartNumber", "ETag")}]

    if refused:
        with pytest.raises(S3Error, match="The upload was created using a crc32 checksum") as caught:
            complete("k", upload, last_without)
        assert caught.value.code == "InvalidRequest"
        assert "missing for part 2" in caught.value.message
    assert complete("k", upload, parts if refused else last_without)["ChecksumType"] == kind


@pytest.mark.parametrize(
    ("algorithm", "kind", "code"),
    [
        ("SHA256", "FULL_OBJECT", "InvalidRequest"),
        ("CRC64NVME", "COMPOSITE", "InvalidRequest"),
        (None, "COMPOSITE", "InvalidRequest"),
        ("XXHASH64", None, "NotImplemented"),
    ],
)
def test_checksums_that_can_not_be_are_refused(
    begin: Callable[..., str], code_of: Callable[..., str], algorithm: str, kind: str, code: str
) -> None:
    members = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
    given = {name: value for name, value in members.items() if value is not None}

    assert code_of(begin, "k", **given) == code


def test_the_list_of_parts_is_held_against_what_came(
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    code_of: Callable[..., str],
) -> None:
    upload = begin("k")
    parts = [send_part("k", upload, 1, b"small"), send_part("k", upload, 2, LAST)]

    assert code_of(complete, "k", upload, []) == "MalformedXML"
    assert code_of(complete, "k", upload, parts[::-1]) == "InvalidPartOrder"
    assert code_of(complete, "k", upload, [parts[0], parts[0]]) == "InvalidPartOrder"
    assert code_of(complete, "k", upload, [{**parts[0], "ETag": '"x"'}]) == "InvalidPart"
    assert code_of(complete, "k", upload, [{**parts[0], "PartNumber": 7}]) == "InvalidPart"
    assert code_of(complete, "k", upload, parts) == "EntityTooSmall"
    assert code_of(complete, "k", upload, parts[:1], MpuObjectSize=6) == "InvalidRequest"
    assert complete("k", upload, parts[:1], MpuObjectSize=5)["ETag"].endswith('-1"')


def test_a_completion_on_condition_leaves_the_upload(
    put: Callable[..., Document],
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    code_of: Callable[..., str],
) -> None:
    put("k")
    upload = begin("k")
    parts = [send_part("k", upload, 1, LAST)]

    assert code_of(complete, "k", upload, parts, IfNoneMatch="*") == "PreconditionFailed"
    assert complete("k", upload, parts)


def test_parts_are_listed_in_pages(
    ctx: Context, begin: Callable[..., str], send_part: Callable[..., Document]
) -> None:
    upload = begin("k", ChecksumAlgorithm="CRC32")
    for number in (3, 1, 2):
        send_part("k", upload, number, LAST)
    request: Document = {"Bucket": "bucket", "Key": "k", "UploadId": upload, "MaxParts": 2}

    first = part.list_parts(ctx, request)
    second = part.list_parts(ctx, {**request, "PartNumberMarker": first["NextPartNumberMarker"]})

    assert [item["PartNumber"] for item in first["Parts"]] == [1, 2]
    assert first["IsTruncated"]
    assert (first["ChecksumAlgorithm"], first["ChecksumType"]) == ("CRC32", "COMPOSITE")
    assert [item["PartNumber"] for item in second["Parts"]] == [3]
    assert not second["IsTruncated"]


def test_an_upload_is_known_by_its_key(
    ctx: Context, begin: Callable[..., str], code_of: Callable[..., str]
) -> None:
    upload = begin("k")
    other = {"Bucket": "bucket", "Key": "other", "UploadId": upload}

    assert code_of(multipart.abort_multipart_upload, ctx, other) == "NoSuchUpload"
    assert code_of(part.list_parts, ctx, other) == "NoSuchUpload"
    multipart.abort_multipart_upload(ctx, {**other, "Key": "k"})
    assert code_of(multipart.abort_multipart_upload, ctx, {**other, "Key": "k"}) == "NoSuchUpload"


@pytest.mark.parametrize("number", [0, -1, 10_001])
def test_a_part_number_out_of_bounds_is_refused(
    begin: Callable[..., str], send_part: Callable[..., Document], code_of: Callable[..., str], number: int
) -> None:
    upload = begin("k")

    assert code_of(send_part, "k", upload, number, LAST) == "InvalidArgument"


def test_a_part_is_copied_from_an_object(
    ctx: Context,
    put: Callable[..., Document],
    begin: Callable[..., str],
    complete: Callable[..., Document],
    get: Callable[..., Document],
    code_of: Callable[..., str],
) -> None:
    put("source", FIRST + b"0123456789")
    upload = begin("k", ChecksumAlgorithm="CRC32")
    request = {"Bucket": "bucket", "Key": "k", "UploadId": upload, "CopySource": "bucket/source"}
    ranges = {1: f"bytes=0-{5 * MIB - 1}", 2: f"bytes={5 * MIB + 2}-{5 * MIB + 4}"}

    parts = []
    for number, wanted in ranges.items():
        copied = part.upload_part_copy(ctx, {**request, "PartNumber": number, "CopySourceRange": wanted})
        parts.append({"PartNumber": number, **copied["CopyPartResult"]})
    complete("k", upload, parts)

    assert get("k")["Body"] == FIRST + b"234"
    upload = begin("k")
    behind = {**request, "UploadId": upload, "PartNumber": 1, "CopySourceRange": f"bytes=0-{6 * MIB}"}
    assert code_of(part.upload_part_copy, ctx, behind) == "InvalidArgument"


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_uploads_are_listed_in_pages(ctx: Context, begin: Callable[..., str], delimiter: str) -> None:
    ids = [begin(key) for key in ("a", "b/1", "b/1", "b/2", "c")]
    request: Document = {"Bucket": "bucket", "MaxUploads": 1, "Delimiter": delimiter}
    seen: list[Any] = []
    while True:
        answer = upload_listing.list_multipart_uploads(ctx, request)
        seen += [item["UploadId"] for item in answer["Uploads"]]
        seen += [item["Prefix"] for item in answer["CommonPrefixes"]]
        if not answer["IsTruncated"]:
            break
        request.update(KeyMarker=answer["NextKeyMarker"], UploadIdMarker=answer["NextUploadIdMarker"])

    if delimiter:
        assert seen == [ids[0], "b/", ids[4]]
    else:
        assert sorted(seen) == sorted(ids)
        assert (seen[0], seen[3:]) == (ids[0], ids[3:])


def test_uploads_are_found_by_prefix(ctx: Context, begin: Callable[..., str]) -> None:
    begin("a")
    wanted = begin("b/1")

    answer = upload_listing.list_multipart_uploads(ctx, {"Bucket": "bucket", "Prefix": "b"})

    assert [item["UploadId"] for item in answer["Uploads"]] == [wanted]


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_checksums_of_parts_are_kept(
    ctx: Context,
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    get: Callable[..., Document],
    kind: str,
) -> None:
    values = [b64encode(zlib.crc32(content).to_bytes(4, "big")).decode() for content in (FIRST, LAST)]
    upload = begin("k", ChecksumAlgorithm="CRC32", ChecksumType=kind)
    parts = [send_part("k", upload, number, content) for number, content in enumerate((FIRST, LAST), 1)]
    complete("k", upload, parts)
    request = {"Bucket": "bucket", "Key": "k", "ObjectAttributes": ["ObjectParts"], "MaxParts": 1}

    first = object_attributes.get_object_attributes(ctx, request)["ObjectParts"]
    second = object_attributes.get_object_attributes(ctx, {**request, "PartNumberMarker": 1})["ObjectParts"]

    assert [part["ChecksumCRC32"] for part in first["Parts"] + second["Parts"]] == values
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    for number, value in enumerate(values, 1):
        answer = get("k", PartNumber=number, ChecksumMode="ENABLED")
        assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (value, kind)
        assert "ChecksumCRC32" not in get("k", PartNumber=number)


def test_a_copy_with_another_checksum_has_none_of_parts(
    ctx: Context,
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    get: Callable[..., Document],
) -> None:
    upload = begin("k", ChecksumAlgorithm="CRC32")
    complete("k", upload, [send_part("k", upload, 1, LAST)])
    source = {"Bucket": "bucket", "CopySource": "bucket/k"}

    object_copy.copy_object(ctx, {**source, "Key": "same"})
    object_copy.copy_object(ctx, {**source, "Key": "other", "ChecksumAlgorithm": "SHA256"})

    assert "ChecksumCRC32" in get("same", PartNumber=1, ChecksumMode="ENABLED")
    assert not [name for name in get("other", PartNumber=1, ChecksumMode="ENABLED") if "Checksum" in name]
