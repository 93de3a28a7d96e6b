from __future__ import annotations

import zlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from clary.services.s3 import object_copy

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document


@pytest.fixture
def copy(ctx: Context) -> Callable[..., Document]:
    def copy_object(source: str, key: str, **members: Any) -> Document:
        request = {"Bucket": "bucket", "Key": key, "CopySource": source, **members}
        return object_copy.copy_object(ctx, request)

    return copy_object


def test_a_copy_has_content_metadata_and_tags_of_its_source(
    put: Callable[..., Document], get: Callable[..., Document], copy: Callable[..., Document]
) -> None:
    put("a b+ü", b"content", Metadata={"m": "1"}, ContentType="text/plain", Tagging="t=1")

    copy("bucket/a%20b%2B%C3%BC", "copy")

    answer = get("copy")
    assert answer["Body"] == b"content"
    assert (answer["Metadata"], answer["ContentType"], answer["TagCount"]) == ({"m": "1"}, "text/plain", 1)


def test_metadata_and_tags_are_replaced_when_asked(
    put: Callable[..., Document], get: Callable[..., Document], copy: Callable[..., Document]
) -> None:
    put("k", Metadata={"m": "1"}, ContentType="text/plain", Tagging="t=1")

    copy("bucket/k", "meta", MetadataDirective="REPLACE", Metadata={"n": "2"}, Tagging="ignored=1")
    copy("bucket/k", "tags", TaggingDirective="REPLACE", Tagging="a=1&b=2")

    assert get("meta")["Metadata"] == {"n": "2"}
    assert get("meta")["ContentType"] == "binary/octet-stream"
    assert get("meta")["TagCount"] == 1
    assert get("tags")["TagCount"] == 2
    assert get("tags")["Metadata"] == {"m": "1"}


def test_a_copy_onto_itself_has_to_change_something(
    put: Callable[..., Document],
    get: Callable[..., Document],
    copy: Callable[..., Document],
    code_of: Callable[..., str],
) -> None:
    put("k", Metadata={"m": "1"})

    assert code_of(copy, "bucket/k", "k") == "InvalidRequest"
    copy("bucket/k", "k", MetadataDirective="REPLACE", Metadata={"m": "2"})

    assert get("k")["Metadata"] == {"m": "2"}
    assert get("k")["Body"] == b"content"


def test_a_checksum_that_the_source_lacks_is_computed(
    put: Callable[..., Document], copy: Callable[..., Document]
) -> None:
    put("k", b"content")

    result = copy("bucket/k", "copy", ChecksumAlgorithm="CRC32")["CopyObjectResult"]

    assert result["ChecksumCRC32"] == b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"CopySourceIfMatch": '"x"'}, "PreconditionFailed"),
        ({"CopySourceIfNoneMatch": "*"}, "PreconditionFailed"),
        ({"CopySourceIfModifiedSince": 2e9}, "PreconditionFailed"),
        ({"CopySourceIfUnmodifiedSince": 1.0}, "PreconditionFailed"),
        ({"IfNoneMatch": "*"}, "PreconditionFailed"),
        ({"CopySourceIfMatch": "*"}, ""),
    ],
)
def test_conditions_on_a_copy(
    put: Callable[..., Document],
    copy: Callable[..., Document],
    code_of: Callable[..., str],
    members: dict[str, Any],
    code: str,
) -> None:
    put("k")
    put("there")

    if code:
        assert code_of(copy, "bucket/k", "there", **members) == code
    else:
        copy("bucket/k", "there", **members)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("bucket/missing", "NoSuchKey"),
        ("nowhere/k", "NoSuchBucket"),
        ("bucket", "InvalidArgument"),
        ("bucket/", "InvalidArgument"),
        ("bucket/k?versionId=7", "InvalidArgument"),
        (f"bucket/k?versionId={'0' * 32}", "NoSuchVersion"),
    ],
)
def test_a_source_that_is_not_there_is_refused(
    put: Callable[..., Document],
    copy: Callable[..., Document],
    code_of: Callable[..., str],
    source: str,
    code: str,
) -> None:
    put("k")

    assert code_of(copy, source, "copy") == code


def test_a_redirect_is_not_copied(
    copy: Callable[..., Document], put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    put("k", WebsiteRedirectLocation="/old", CacheControl="no-cache")

    copy("bucket/k", "without")
    copy("bucket/k", "with", WebsiteRedirectLocation="/new")
    copy("bucket/k", "k", WebsiteRedirectLocation="https://example.com/")

    assert "WebsiteRedirectLocation" not in get("without")
    assert get("without")["CacheControl"] == "no-cache"
    assert get("with")["WebsiteRedirectLocation"] == "/new"
    assert get("k")["WebsiteRedirectLocation"] == "https://example.com/"
