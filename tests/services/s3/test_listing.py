from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from clary.services.s3 import listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document

KEYS = ["a", "a/b", "a/c/d", "b//x", "z\U0001f600", "z\uffee", "ü", "..", "sp ace+"]
IN_ORDER = sorted(KEYS, key=str.encode)


@pytest.fixture(autouse=True)
def objects(put: Callable[..., Document]) -> None:
    for key in KEYS:
        put(key, key.encode(), algorithms=["CRC32"])


def test_keys_come_in_byte_order(ctx: Context) -> None:
    answer = listing.list_objects_v2(ctx, {"Bucket": "bucket"})

    assert [item["Key"] for item in answer["Contents"]] == IN_ORDER
    assert (answer["KeyCount"], answer["IsTruncated"], answer["MaxKeys"]) == (len(KEYS), False, 1000)
    assert answer["Contents"][0]["Size"] == 2
    assert answer["Contents"][0]["ChecksumAlgorithm"] == ["CRC32"]
    assert "Owner" not in answer["Contents"][0]


def test_version_2_pages_with_tokens(ctx: Context) -> None:
    keys: list[str] = []
    request: Document = {"Bucket": "bucket", "MaxKeys": 2}
    while True:
        answer = listing.list_objects_v2(ctx, request)
        keys += [item["Key"] for item in answer["Contents"]]
        if not answer["IsTruncated"]:
            break
        request["ContinuationToken"] = answer["NextContinuationToken"]

    assert keys == IN_ORDER


def test_version_1_pages_with_markers(ctx: Context) -> None:
    entries: list[str] = []
    request: Document = {"Bucket": "bucket", "MaxKeys": 1, "Delimiter": "/"}
    while True:
        answer = listing.list_objects(ctx, request)
        entries += [item["Key"] for item in answer["Contents"]]
        entries += [item["Prefix"] for item in answer["CommonPrefixes"]]
        if not answer["IsTruncated"]:
            break
        request["Marker"] = answer["NextMarker"]

    assert entries == ["..", "a", "a/", "b/", "sp ace+", "z\uffee", "z\U0001f600", "ü"]


def test_folders_are_rolled_up_below_a_prefix(ctx: Context) -> None:
    answer = listing.list_objects_v2(ctx, {"Bucket": "bucket", "Prefix": "a/", "Delimiter": "/"})

    assert [item["Key"] for item in answer["Contents"]] == ["a/b"]
    assert answer["CommonPrefixes"] == [{"Prefix": "a/c/"}]
    assert answer["KeyCount"] == 2


def test_start_after_leaves_out_what_comes_before(ctx: Context) -> None:
    answer = listing.list_objects_v2(ctx, {"Bucket": "bucket", "StartAfter": "a/c", "FetchOwner": True})

    assert [item["Key"] for item in answer["Contents"]] == IN_ORDER[IN_ORDER.index("a/c/d") :]
    assert answer["StartAfter"] == "a/c"
    assert answer["Contents"][0]["Owner"]["DisplayName"] == ctx.account


def test_names_are_percent_encoded_when_asked(ctx: Context) -> None:
    answer = listing.list_objects(ctx, {"Bucket": "bucket", "EncodingType": "url", "Prefix": "sp "})

    [entry] = answer["Contents"]
    assert entry["Key"] == "sp%20ace%2B"
    assert unquote(answer["Prefix"]) == "sp "


def test_no_keys_can_be_asked_for(ctx: Context) -> None:
    answer = listing.list_objects_v2(ctx, {"Bucket": "bucket", "MaxKeys": 0})

    assert (answer["Contents"], answer["IsTruncated"], answer["KeyCount"]) == ([], False, 0)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Bucket": "nowhere"}, "NoSuchBucket"),
        ({"MaxKeys": -1}, "InvalidArgument"),
        ({"ContinuationToken": "nonsense"}, "InvalidArgument"),
        ({"ContinuationToken": "ü"}, "InvalidArgument"),
        ({"ContinuationToken": ""}, "InvalidArgument"),
        ({"EncodingType": "base64"}, "InvalidArgument"),
    ],
)
def test_a_bad_listing_is_refused(
    ctx: Context, code_of: Callable[..., str], members: Document, code: str
) -> None:
    assert code_of(listing.list_objects_v2, ctx, {"Bucket": "bucket", **members}) == code
