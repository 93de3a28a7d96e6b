"""Versioning as callers see it; what the store keeps is tested in tests/store/test_object_changes.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import PlatformError
from clary.services.s3 import (
    bucket_settings,
    multipart,
    object,
    object_attributes,
    object_copy,
    object_deletion,
    object_tagging,
    part,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document

K = {"Bucket": "bucket", "Key": "k"}


@pytest.fixture
def switch(ctx: Context) -> Callable[[str], None]:
    def put_versioning(status: str) -> None:
        request = {"Bucket": "bucket", "VersioningConfiguration": {"Status": status}}
        bucket_settings.put_bucket_versioning(ctx, request)

    return put_versioning


def listed(ctx: Context, **members: Any) -> list[tuple[str, str, bool]]:
    answer = versions.list_object_versions(ctx, {"Bucket": "bucket", **members})
    entries = answer["Versions"] + answer["DeleteMarkers"]
    return [(entry["Key"], entry["VersionId"], entry["IsLatest"]) for entry in entries]


def test_every_object_of_a_plain_bucket_is_a_version_called_null(
    ctx: Context, put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    put("k", b"1")
    put("k", b"2")

    assert bucket_settings.get_bucket_versioning(ctx, K) == {}
    assert listed(ctx) == [("k", "null", True)]
    assert get("k", VersionId="null")["Body"] == b"2"
    assert "VersionId" not in get("k")
    assert object_deletion.delete_object(ctx, {**K, "VersionId": "null"}) == {"VersionId": "null"}
    assert listed(ctx) == []


def test_an_overwritten_object_is_had_by_its_version(
    ctx: Context,
    put: Callable[..., Document],
    get: Callable[..., Document],
    switch: Callable[[str], None],
) -> None:
    put("k", b"before")
    switch("Enabled")
    first, second = put("k", b"1")["VersionId"], put("k", b"2")["VersionId"]

    assert bucket_settings.get_bucket_versioning(ctx, K) == {"Status": "Enabled"}
    assert (get("k")["Body"], get("k")["VersionId"]) == (b"2", second)
    assert get("k", VersionId=first)["Body"] == b"1"
    assert get("k", VersionId="null")["Body"] == b"before"
    assert object.head_object(ctx, {**K, "VersionId": "null"})["VersionId"] == "null"
    assert listed(ctx) == [("k", second, True), ("k", first, False), ("k", "null", False)]


def test_a_deleted_object_comes_back_with_the_removal_of_its_marker(
    ctx: Context,
    put: Callable[..., Document],
    get: Callable[..., Document],
    switch: Callable[[str], None],
    code_of: Callable[..., str],
) -> None:
    switch("Enabled")
    version = put("k", b"1")["VersionId"]

    gone = object_deletion.delete_object(ctx, K)

    assert gone["DeleteMarker"] is True
    with pytest.raises(PlatformError) as missing:
        get("k")
    assert missing.value.code == "NoSuchKey"
    assert missing.value.headers == {
        "x-amz-delete-marker": "true",
        "x-amz-version-id": gone["VersionId"],
    }
    with pytest.raises(PlatformError) as refused:
        get("k", VersionId=gone["VersionId"])
    assert (refused.value.code, refused.value.http_status) == ("MethodNotAllowed", 405)
    assert refused.value.headers["x-amz-delete-marker"] == "true"
    assert listed(ctx) == [("k", version, False), ("k", gone["VersionId"], True)]

    removed = object_deletion.delete_object(ctx, {**K, "VersionId": gone["VersionId"]})

    assert removed == {"VersionId": gone["VersionId"], "DeleteMarker": True}
    assert get("k")["Body"] == b"1"
    assert code_of(get, "k", VersionId="0" * 32) == "NoSuchVersion"
    assert code_of(get, "k", VersionId="seven") == "InvalidArgument"
    assert code_of(get, "k", VersionId="") == "InvalidArgument"


def test_a_suspended_bucket_keeps_one_null_version(
    ctx: Context,
    put: Callable[..., Document],
    get: Callable[..., Document],
    switch: Callable[[str], None],
) -> None:
    switch("Enabled")
    version = put("k", b"1")["VersionId"]
    switch("Suspended")

    assert "VersionId" not in put("k", b"2")
    assert "VersionId" not in put("k", b"3")
    assert get("k")["VersionId"] == "null"
    assert listed(ctx) == [("k", "null", True), ("k", version, False)]
    assert object_deletion.delete_object(ctx, K) == {"VersionId": "null", "DeleteMarker": True}
    assert listed(ctx) == [("k", version, False), ("k", "null", True)]
    assert get("k", VersionId=version)["Body"] == b"1"


def test_many_versions_are_deleted_at_once(
    ctx: Context, put: Callable[..., Document], switch: Callable[[str], None]
) -> None:
    switch("Enabled")
    version, other = put("k")["VersionId"], put("other")["VersionId"]
    wanted = [{"Key": "k", "VersionId": version}, {"Key": "other"}, {"Key": "k", "VersionId": "bad"}]

    answer = object_deletion.delete_objects(ctx, {"Bucket": "bucket", "Delete": {"Objects": wanted}})

    by_version, marked = answer["Deleted"]
    assert by_version == {"Key": "k", "VersionId": version}
    assert marked["DeleteMarker"] is True
    assert answer["Errors"][0]["Code"] == "NoSuchVersion"
    assert listed(ctx) == [("other", other, False), ("other", marked["DeleteMarkerVersionId"], True)]


def test_an_object_is_deleted_on_condition_of_its_etag(ctx: Context, put: Callable[..., Document]) -> None:
    etag = put("k")["ETag"]
    put("other")
    wanted = [{"Key": "k", "ETag": etag}, {"Key": "other", "ETag": '"x"'}]

    answer = object_deletion.delete_objects(ctx, {"Bucket": "bucket", "Delete": {"Objects": wanted}})

    assert answer["Deleted"] == [{"Key": "k"}]
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [("other", "PreconditionFailed")]


def test_a_condition_that_is_not_there_deletes_nothing(
    ctx: Context, put: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    put("k")
    request = {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k", "Size": 1}]}}

    answer = object_deletion.delete_objects(ctx, request)

    assert code_of(object_deletion.delete_object, ctx, {**K, "IfMatchSize": 1}) == "NotImplemented"
    assert [item["Code"] for item in answer["Errors"]] == ["NotImplemented"]
    assert listed(ctx) == [("k", "null", True)]


def test_an_old_version_is_copied_onto_its_own_key(
    ctx: Context,
    put: Callable[..., Document],
    get: Callable[..., Document],
    switch: Callable[[str], None],
    code_of: Callable[..., str],
) -> None:
    switch("Enabled")
    first = put("k", b"1")["VersionId"]
    put("k", b"2")

    answer = object_copy.copy_object(ctx, {**K, "CopySource": f"bucket/k?versionId={first}"})

    assert answer["CopySourceVersionId"] == first
    assert (get("k")["Body"], get("k")["VersionId"]) == (b"1", answer["VersionId"])
    marker = object_deletion.delete_object(ctx, K)["VersionId"]
    source = {**K, "CopySource": f"bucket/k?versionId={marker}"}
    assert code_of(object_copy.copy_object, ctx, source) == "InvalidRequest"
    assert code_of(object_copy.copy_object, ctx, {**K, "CopySource": "bucket/k"}) == "NoSuchKey"


def test_tags_and_attributes_belong_to_a_version(
    ctx: Context, put: Callable[..., Document], switch: Callable[[str], None]
) -> None:
    switch("Enabled")
    first = put("k", b"1", Tagging="a=1")["VersionId"]
    second = put("k", b"22")["VersionId"]
    tagging = {"TagSet": [{"Key": "b", "Value": "2"}]}

    put_to = object_tagging.put_object_tagging(ctx, {**K, "VersionId": first, "Tagging": tagging})

    assert put_to == {"VersionId": first}
    of_first = object_tagging.get_object_tagging(ctx, {**K, "VersionId": first})
    assert of_first == {"VersionId": first, **tagging}
    assert object_tagging.get_object_tagging(ctx, K) == {"VersionId": second, "TagSet": []}
    request = {**K, "VersionId": first, "ObjectAttributes": ["ObjectSize"]}
    attributes = object_attributes.get_object_attributes(ctx, request)
    assert (attributes["ObjectSize"], attributes["VersionId"]) == (1, first)


def test_an_upload_in_parts_becomes_a_version(
    ctx: Context,
    put: Callable[..., Document],
    get: Callable[..., Document],
    begin: Callable[..., str],
    send_part: Callable[..., Document],
    complete: Callable[..., Document],
    switch: Callable[[str], None],
) -> None:
    switch("Enabled")
    first = put("k", b"1")["VersionId"]
    upload = begin("k")
    request = {**K, "UploadId": upload, "PartNumber": 2, "CopySource": f"bucket/k?versionId={first}"}
    large = send_part("k", upload, 1, b"x" * (5 << 20))
    copied = part.upload_part_copy(ctx, request)
    assert copied["CopySourceVersionId"] == first

    parts = [large, {"PartNumber": 2, **copied["CopyPartResult"]}]
    version = complete("k", upload, parts)["VersionId"]

    assert get("k")["VersionId"] == version
    assert get("k")["Body"] == b"x" * (5 << 20) + b"1"
    assert (
        multipart.complete_multipart_upload(
            ctx, {**K, "UploadId": upload, "MultipartUpload": {"Parts": parts}}
        )["VersionId"]
        == version
    )


def test_folders_pages_and_spelling(
    ctx: Context,
    put: Callable[..., Document],
    switch: Callable[[str], None],
    code_of: Callable[..., str],
) -> None:
    switch("Enabled")
    for key in ("a/1", "a/1", "a/2", "ü x", "ü x"):
        put(key)
    request = {"Bucket": "bucket", "Delimiter": "/", "EncodingType": "url", "MaxKeys": 2}

    first = versions.list_object_versions(ctx, request)
    markers = {"KeyMarker": "ü x", "VersionIdMarker": first["NextVersionIdMarker"]}
    second = versions.list_object_versions(ctx, {**request, **markers})

    assert first["CommonPrefixes"] == [{"Prefix": "a/"}]
    assert [entry["Key"] for entry in first["Versions"]] == ["%C3%BC%20x"]
    assert (first["IsTruncated"], first["NextKeyMarker"]) == (True, "%C3%BC%20x")
    assert [entry["IsLatest"] for entry in second["Versions"]] == [False]
    assert second["IsTruncated"] is False
    assert code_of(versions.list_object_versions, ctx, {**request, "VersionIdMarker": "null"}) == (
        "InvalidArgument"
    )


@pytest.mark.parametrize("configuration", [{}, {"Status": "enabled"}, {"Status": "Off"}])
def test_a_state_that_versioning_has_not_is_refused(
    ctx: Context, code_of: Callable[..., str], configuration: dict[str, str]
) -> None:
    request = {"Bucket": "bucket", "VersioningConfiguration": configuration}

    assert code_of(bucket_settings.put_bucket_versioning, ctx, request) == (
        "IllegalVersioningConfigurationException"
    )
