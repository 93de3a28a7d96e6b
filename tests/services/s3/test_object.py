from __future__ import annotations

import hashlib
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import PlatformError
from clary.services.s3 import object, object_attributes, object_deletion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clary.services.context import Context, Document


@pytest.mark.parametrize(
    "key", ["a//b", "..", "../../etc/passwd", "/", "trailing/", "ü", " ", "%2F", "a\0b", "k" * 1024, "\x7f"]
)
def test_any_key_holds_its_own_content(
    put: Callable[..., Document], get: Callable[..., Document], tmp_path: Path, key: str
) -> None:
    put("other", b"other")
    put(key, key.encode())

    assert get(key)["Body"] == key.encode()
    assert get("other")["Body"] == b"other"
    assert all(len(path.name) == 30 for path in (tmp_path / "blobs").glob("??/*"))


def test_a_key_of_1025_bytes_is_refused_and_leaves_nothing(
    ctx: Context, put: Callable[..., Document], code_of: Callable[..., str], tmp_path: Path
) -> None:
    assert code_of(put, "ü" * 512 + "x") == "KeyTooLongError"
    assert list((tmp_path / "blobs").glob("??/*")) == []


def test_headers_metadata_and_tags_come_back(
    ctx: Context, put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    members = {
        "CacheControl": "no-cache",
        "ContentDisposition": "attachment",
        "ContentEncoding": "gzip,aws-chunked",
        "ContentLanguage": "de",
        "ContentType": "text/plain",
        "Expires": 1_800_000_000.0,
        "Metadata": {"Who": "me"},
        "StorageClass": "STANDARD_IA",
        "ServerSideEncryption": "AES256",
        "Tagging": "a=b&c=d%20e",
    }
    put("k", **members)

    head = object.head_object(ctx, {"Bucket": "bucket", "Key": "k"})

    kept = {name: head[name] for name in members if name not in ("Tagging", "ContentEncoding", "Metadata")}
    assert kept == {name: members[name] for name in kept}
    assert head["ContentEncoding"] == "gzip"
    assert head["Metadata"] == {"who": "me"}
    assert head["TagCount"] == 2
    assert head["ETag"] == f'"{hashlib.md5(b"content").hexdigest()}"'
    assert {**head, "Body": b"content"} == get("k")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("gzip", "gzip"),
        ("gzip, aws-chunked", "gzip"),
        ("aws-chunked,gzip,aws-chunked", "gzip"),
        ("deflate, gzip", "deflate, gzip"),
        ("deflate,AWS-Chunked,gzip", "deflate,gzip"),
    ],
)
def test_the_framing_of_an_upload_is_no_content_encoding(
    put: Callable[..., Document], get: Callable[..., Document], sent: str, kept: str
) -> None:
    put("k", ContentEncoding=sent)

    assert get("k")["ContentEncoding"] == kept


def test_a_copy_that_is_still_good_is_named_by_its_etag(
    ctx: Context, put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    etag = put("k", CacheControl="max-age=60")["ETag"]

    with pytest.raises(PlatformError) as caught:
        get("k", IfNoneMatch=etag)

    assert caught.value.http_status == 304
    modified = formatdate(int(get("k")["LastModified"]), usegmt=True)
    assert caught.value.headers == {"etag": etag, "last-modified": modified, "cache-control": "max-age=60"}


def test_a_redirect_leads_somewhere(put: Callable[..., Document], code_of: Callable[..., str]) -> None:
    assert code_of(put, "k", WebsiteRedirectLocation="nowhere") == "InvalidRedirectLocation"


def test_a_plain_object_has_the_default_type(
    put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    put("k", ContentEncoding="aws-chunked")

    answer = get("k")

    assert answer["ContentType"] == "binary/octet-stream"
    assert "ContentEncoding" not in answer
    assert "StorageClass" not in answer


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=7-99", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
        ("bytes=4-2", b"0123456789", None),
        ("bytes=1-2,4-5", b"0123456789", None),
        ("items=1-2", b"0123456789", None),
        ("bytes=-", b"0123456789", None),
    ],
)
def test_ranges(
    put: Callable[..., Document],
    get: Callable[..., Document],
    header: str,
    expected: bytes,
    content_range: str | None,
) -> None:
    put("k", b"0123456789")

    answer = get("k", Range=header)

    assert answer["Body"] == expected
    assert answer["ContentLength"] == len(expected)
    assert answer.get("ContentRange") == content_range


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(
    put: Callable[..., Document], get: Callable[..., Document], code_of: Callable[..., str], header: str
) -> None:
    put("k", b"0123456789")

    assert code_of(get, "k", Range=header) == "InvalidRange"


def test_a_large_object_is_streamed(put: Callable[..., Document], get: Callable[..., Document]) -> None:
    content = bytes(range(256)) * 4096
    put("k", content)

    assert get("k")["Body"] == content
    assert get("k", Range="bytes=5-900000")["Body"] == content[5:900001]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"IfMatch": "ETAG"}, ""),
        ({"IfMatch": "*"}, ""),
        ({"IfMatch": '"x", ETAG'}, ""),
        ({"IfMatch": '"x"'}, "PreconditionFailed"),
        ({"IfNoneMatch": '"x"'}, ""),
        ({"IfNoneMatch": "ETAG"}, "NotModified"),
        ({"IfNoneMatch": "W/ETAG"}, "NotModified"),
        ({"IfNoneMatch": "*"}, "NotModified"),
        ({"IfModifiedSince": -1}, ""),
        ({"IfModifiedSince": 0}, "NotModified"),
        ({"IfUnmodifiedSince": 0}, ""),
        ({"IfUnmodifiedSince": -1}, "PreconditionFailed"),
        ({"IfMatch": "ETAG", "IfUnmodifiedSince": -1}, ""),
        ({"IfNoneMatch": '"x"', "IfModifiedSince": 1}, ""),
        ({"IfNoneMatch": "ETAG", "IfModifiedSince": -1}, "NotModified"),
        ({"IfMatch": "ETAG", "IfNoneMatch": "ETAG"}, "NotModified"),
    ],
)
def test_conditions_on_reading(
    ctx: Context,
    put: Callable[..., Document],
    get: Callable[..., Document],
    code_of: Callable[..., str],
    members: dict[str, Any],
    code: str,
) -> None:
    """Instants are seconds after the object was written."""
    etag = put("k")["ETag"]
    request = {
        name: value.replace("ETAG", etag) if isinstance(value, str) else ctx.now() + value
        for name, value in members.items()
    }

    if code:
        assert code_of(get, "k", **request) == code
    else:
        assert get("k", **request)["Body"] == b"content"


def test_writing_only_where_nothing_is(
    put: Callable[..., Document], get: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    etag = put("k", b"first", IfNoneMatch="*")["ETag"]

    assert code_of(put, "k", b"second", IfNoneMatch="*") == "PreconditionFailed"
    assert code_of(put, "k", b"second", IfNoneMatch=etag) == "PreconditionFailed"
    assert get("k")["Body"] == b"first"
    put("k", b"second", IfNoneMatch='"x"')
    assert get("k")["Body"] == b"second"


def test_writing_only_over_what_was_read(
    put: Callable[..., Document], get: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    etag = put("k", b"first")["ETag"]
    put("k", b"second", IfMatch=etag)

    assert code_of(put, "k", b"third", IfMatch=etag) == "PreconditionFailed"
    assert code_of(put, "new", b"third", IfMatch=etag) == "NoSuchKey"
    assert get("k")["Body"] == b"second"


def test_checksums_come_back_when_asked_for_and_only_of_the_whole(
    put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    put("k", b"123456789", algorithms=["CRC32"])

    whole = get("k", ChecksumMode="ENABLED")

    assert (whole["ChecksumCRC32"], whole["ChecksumType"]) == ("y/Q5Jg==", "FULL_OBJECT")
    assert "ChecksumCRC32" not in get("k")
    assert "ChecksumCRC32" not in get("k", ChecksumMode="ENABLED", Range="bytes=0-3")


def test_a_response_header_can_be_asked_for(
    put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    put("k")

    answer = get("k", ResponseContentType="text/html", ResponseExpires=1.0)

    assert (answer["ContentType"], answer["Expires"]) == (
        "text/html",
        "Thu, 01 Jan 1970 00:00:01 GMT",
    )


def test_what_is_missing_says_whether_key_or_bucket(
    ctx: Context, get: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    nowhere = {"Bucket": "nowhere", "Key": "k"}

    assert code_of(get, "k") == "NoSuchKey"
    assert code_of(object.head_object, ctx, {"Bucket": "bucket", "Key": "k"}) == "NoSuchKey"
    assert code_of(object.get_object, ctx, nowhere) == "NoSuchBucket"
    assert code_of(object.head_object, ctx, nowhere) == "NoSuchBucket"
    assert code_of(object_deletion.delete_object, ctx, nowhere) == "NoSuchBucket"


def test_deleting_what_is_not_there_succeeds(ctx: Context, put: Callable[..., Document]) -> None:
    put("k")

    object_deletion.delete_object(ctx, {"Bucket": "bucket", "Key": "k"})
    object_deletion.delete_object(ctx, {"Bucket": "bucket", "Key": "k"})

    assert ctx.blobs.objects.find("bucket", "k") is None


def test_many_are_deleted_at_once(ctx: Context, put: Callable[..., Document]) -> None:
    for key in ("a", "b", "c"):
        put(key)
    wanted = [{"Key": "a"}, {"Key": "missing"}, {"Key": "b", "VersionId": "1"}, {"Key": "x" * 1025}]

    answer = object_deletion.delete_objects(ctx, {"Bucket": "bucket", "Delete": {"Objects": wanted}})

    assert answer["Deleted"] == [{"Key": "a"}, {"Key": "missing"}]
    assert [item["Code"] for item in answer["Errors"]] == ["NoSuchVersion", "KeyTooLongError"]
    assert ctx.blobs.objects.find("bucket", "a") is None
    assert ctx.blobs.objects.find("bucket", "b") is not None


def test_quiet_deletion_names_only_errors(ctx: Context, put: Callable[..., Document]) -> None:
    put("a")
    request = {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}], "Quiet": True}}

    assert object_deletion.delete_objects(ctx, request) == {"Deleted": [], "Errors": []}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"ACL": "public-read"}, "AccessControlListNotSupported"),
        ({"GrantRead": "id=1"}, "AccessControlListNotSupported"),
        ({"ObjectLockMode": "GOVERNANCE"}, "NotImplemented"),
        ({"SSECustomerAlgorithm": "AES256"}, "NotImplemented"),
        ({"WriteOffsetBytes": 1}, "NotImplemented"),
        ({"Metadata": {"a": "x" * 2048}}, "MetadataTooLarge"),
        ({"Tagging": "a=1&a=2"}, "InvalidTag"),
        ({"Tagging": "&".join(f"k{number}=v" for number in range(11))}, "BadRequest"),
        ({"Tagging": "=v"}, "InvalidTag"),
    ],
)
def test_what_can_not_be_kept_is_refused(
    ctx: Context,
    put: Callable[..., Document],
    code_of: Callable[..., str],
    tmp_path: Path,
    members: dict[str, Any],
    code: str,
) -> None:
    assert code_of(put, "k", **members) == code
    assert ctx.blobs.objects.find("bucket", "k") is None
    assert list((tmp_path / "blobs").glob("??/*")) == []


def test_attributes_of_an_object(ctx: Context, put: Callable[..., Document]) -> None:
    etag = put("k", b"123456789", algorithms=["CRC32"])["ETag"]
    wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]

    answer = object_attributes.get_object_attributes(
        ctx, {"Bucket": "bucket", "Key": "k", "ObjectAttributes": wanted}
    )

    assert answer == {
        "LastModified": ctx.now(),
        "ETag": etag.strip('"'),
        "ObjectSize": 9,
        "StorageClass": "STANDARD",
        "Checksum": {"ChecksumCRC32": "y/Q5Jg==", "ChecksumType": "FULL_OBJECT"},
    }
