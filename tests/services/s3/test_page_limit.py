from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clary.services.s3 import bucket, listing, object, part, upload_listing
from clary.services.s3._page_limit import PAGE_LIMIT, page_limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document


def test_a_page_holds_at_most_a_thousand_entries() -> None:
    assert page_limit({}, "MaxKeys", "max-keys") == PAGE_LIMIT
    assert page_limit({"MaxKeys": 2**31 - 1}, "MaxKeys", "max-keys") == PAGE_LIMIT
    assert page_limit({"MaxKeys": 0}, "MaxKeys", "max-keys") == 0


def test_fewer_than_none_is_refused_by_every_listing(
    ctx: Context, begin: Callable[..., str], put: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    upload = {"Bucket": "bucket", "Key": "k", "UploadId": begin("k")}

    for list_them, request in (
        (listing.list_objects_v2, {"Bucket": "bucket", "MaxKeys": -1}),
        (upload_listing.list_multipart_uploads, {"Bucket": "bucket", "MaxUploads": -1}),
        (part.list_parts, {**upload, "MaxParts": -1}),
        (bucket.list_buckets, {"MaxBuckets": 0}),
    ):
        assert code_of(list_them, ctx, request) == "InvalidArgument"


@pytest.mark.parametrize(("number", "code"), [(0, "InvalidArgument"), (10_001, "InvalidArgument")])
def test_a_part_number_that_no_object_can_have_is_refused(
    ctx: Context, put: Callable[..., Document], code_of: Callable[..., str], number: int, code: str
) -> None:
    put("k")

    assert code_of(object.get_object, ctx, {"Bucket": "bucket", "Key": "k", "PartNumber": number}) == code
