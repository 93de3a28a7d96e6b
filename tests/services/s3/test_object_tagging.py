from __future__ import annotations

from typing import TYPE_CHECKING

from clary.services.s3 import object_tagging

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document

REQUEST = {"Bucket": "bucket", "Key": "k"}


def test_tags_are_put_replaced_and_deleted(
    ctx: Context, put: Callable[..., Document], get: Callable[..., Document]
) -> None:
    put("k", Tagging="a=1", Metadata={"m": "kept"})
    assert object_tagging.get_object_tagging(ctx, REQUEST) == {"TagSet": [{"Key": "a", "Value": "1"}]}

    tags = [{"Key": "b", "Value": ""}]
    object_tagging.put_object_tagging(ctx, {**REQUEST, "Tagging": {"TagSet": tags}})
    assert object_tagging.get_object_tagging(ctx, REQUEST) == {"TagSet": tags}

    object_tagging.delete_object_tagging(ctx, REQUEST)
    assert object_tagging.get_object_tagging(ctx, REQUEST) == {"TagSet": []}
    assert get("k")["Metadata"] == {"m": "kept"}
    assert get("k")["Body"] == b"content"


def test_a_tag_of_the_header_may_have_no_value(ctx: Context, put: Callable[..., Document]) -> None:
    put("k", Tagging="foo=bar&bar")

    tags = object_tagging.get_object_tagging(ctx, REQUEST)["TagSet"]
    assert tags == [{"Key": "bar", "Value": ""}, {"Key": "foo", "Value": "bar"}]


def test_a_missing_object_has_no_tags(ctx: Context, code_of: Callable[..., str]) -> None:
    tagging = {"Tagging": {"TagSet": []}}

    assert code_of(object_tagging.get_object_tagging, ctx, REQUEST) == "NoSuchKey"
    assert code_of(object_tagging.put_object_tagging, ctx, {**REQUEST, **tagging}) == "NoSuchKey"
    assert code_of(object_tagging.delete_object_tagging, ctx, {**REQUEST, "Bucket": "no"}) == "NoSuchBucket"


def test_two_tags_of_one_key_are_refused(
    ctx: Context, put: Callable[..., Document], code_of: Callable[..., str]
) -> None:
    put("k")
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}

    assert code_of(object_tagging.put_object_tagging, ctx, {**REQUEST, "Tagging": twice}) == "InvalidTag"
