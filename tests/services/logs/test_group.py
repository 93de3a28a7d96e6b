from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import BadRequest, Conflict, LimitExceeded, NotFound
from clary.services.logs.group import (
    create_log_group,
    delete_log_group,
    delete_retention_policy,
    describe_log_groups,
    put_log_group_deletion_protection,
    put_retention_policy,
)
from clary.services.logs.tag import (
    list_tags_for_resource,
    list_tags_log_group,
    tag_resource,
    untag_log_group,
    untag_resource,
)

if TYPE_CHECKING:
    from clary.services.context import Context

ARN = "arn:aws:logs:us-east-1:123456789012:log-group:"


def names(answer: dict[str, Any]) -> list[str]:
    return [group["logGroupName"] for group in answer["logGroups"]]


def create(ctx: Context, *groups: str) -> None:
    for group in groups:
        create_log_group(ctx, {"logGroupName": group})


def test_a_group_is_described_as_it_was_made(ctx: Context) -> None:
    create(ctx, "/jobs")
    ctx.logs.create_stream("/jobs", "s", ctx.now())
    ctx.logs.append("/jobs", "s", [(1, "x" * 10)], ctx.now())

    assert describe_log_groups(ctx, {})["logGroups"] == [
        {
            "logGroupName": "/jobs",
            "creationTime": 1_790_000_000_000,
            "metricFilterCount": 0,
            "arn": f"{ARN}/jobs:*",
            "logGroupArn": f"{ARN}/jobs",
            "storedBytes": 36,
            "logGroupClass": "STANDARD",
        }
    ]


def test_groups_come_in_pages_and_the_last_has_no_token(ctx: Context) -> None:
    create(ctx, "c", "a", "b", "d")

    first = describe_log_groups(ctx, {"limit": 2})
    second = describe_log_groups(ctx, {"limit": 2, "nextToken": first["nextToken"]})

    assert (names(first), names(second)) == (["a", "b"], ["c", "d"])
    assert "nextToken" not in second


def test_groups_are_found_by_prefix_pattern_identifier_and_class(ctx: Context) -> None:
    create(ctx, "/aws/Training", "/aws/Processing", "other")
    create_log_group(ctx, {"logGroupName": "rare", "logGroupClass": "INFREQUENT_ACCESS"})

    assert names(describe_log_groups(ctx, {"logGroupNamePrefix": "/aws/T"})) == ["/aws/Training"]
    assert names(describe_log_groups(ctx, {"logGroupNamePattern": "PROCESS"})) == ["/aws/Processing"]
    assert names(describe_log_groups(ctx, {"logGroupIdentifiers": ["other", f"{ARN}/aws/Training"]})) == [
        "/aws/Training",
        "other",
    ]
    assert names(describe_log_groups(ctx, {"logGroupClass": "INFREQUENT_ACCESS"})) == ["rare"]
    with pytest.raises(BadRequest):
        describe_log_groups(ctx, {"logGroupNamePrefix": "a", "logGroupNamePattern": "a"})


def test_a_group_exists_once(ctx: Context) -> None:
    create(ctx, "a")

    with pytest.raises(Conflict, match="already exists") as refused:
        create(ctx, "a")

    assert refused.value.code == "ResourceAlreadyExistsException"


def test_encryption_with_a_key_is_refused_rather_than_pretended(ctx: Context) -> None:
    with pytest.raises(BadRequest, match="kmsKeyId"):
        create_log_group(ctx, {"logGroupName": "a", "kmsKeyId": "k"})


def test_retention_is_set_and_lifted(ctx: Context) -> None:
    create(ctx, "a")

    put_retention_policy(ctx, {"logGroupName": "a", "retentionInDays": 7})
    assert describe_log_groups(ctx, {})["logGroups"][0]["retentionInDays"] == 7

    delete_retention_policy(ctx, {"logGroupName": "a"})
    assert "retentionInDays" not in describe_log_groups(ctx, {})["logGroups"][0]


def test_a_retention_that_aws_does_not_offer_is_refused(ctx: Context) -> None:
    create(ctx, "a")

    with pytest.raises(BadRequest, match="retentionInDays is 2; it has to be one of 1, 3,"):
        put_retention_policy(ctx, {"logGroupName": "a", "retentionInDays": 2})


def test_a_protected_group_is_deleted_once_the_protection_is_lifted(ctx: Context) -> None:
    create_log_group(ctx, {"logGroupName": "a", "deletionProtectionEnabled": True})
    with pytest.raises(BadRequest, match="protected"):
        delete_log_group(ctx, {"logGroupName": "a"})

    put_log_group_deletion_protection(ctx, {"logGroupIdentifier": "a", "deletionProtectionEnabled": False})
    delete_log_group(ctx, {"logGroupName": "a"})

    with pytest.raises(NotFound):
        delete_log_group(ctx, {"logGroupName": "a"})


def test_tags_are_read_by_arn_and_by_name(ctx: Context) -> None:
    create_log_group(ctx, {"logGroupName": "a", "tags": {"team": "vision"}})

    tag_resource(ctx, {"resourceArn": f"{ARN}a", "tags": {"stage": "draft"}})

    expected = {"tags": {"stage": "draft", "team": "vision"}}
    assert list_tags_for_resource(ctx, {"resourceArn": f"{ARN}a:*"}) == expected
    assert list_tags_log_group(ctx, {"logGroupName": "a"}) == expected

    untag_resource(ctx, {"resourceArn": f"{ARN}a", "tagKeys": ["stage"]})
    untag_log_group(ctx, {"logGroupName": "a", "tags": ["team"]})
    assert list_tags_log_group(ctx, {"logGroupName": "a"}) == {"tags": {}}


def test_a_new_group_does_not_inherit_the_tags_of_a_deleted_one(ctx: Context) -> None:
    create_log_group(ctx, {"logGroupName": "a", "tags": {"team": "vision"}})
    delete_log_group(ctx, {"logGroupName": "a"})
    create(ctx, "a")

    assert list_tags_log_group(ctx, {"logGroupName": "a"}) == {"tags": {}}


def test_reserved_and_too_many_tags_are_refused(ctx: Context) -> None:
    create_log_group(ctx, {"logGroupName": "a", "tags": {f"k{number}": "" for number in range(50)}})
    tag_resource(ctx, {"resourceArn": f"{ARN}a", "tags": {"k1": "changed"}})

    with pytest.raises(LimitExceeded) as refused:
        tag_resource(ctx, {"resourceArn": f"{ARN}a", "tags": {"one-more": ""}})
    assert (refused.value.code, refused.value.members) == (
        "TooManyTagsException",
        {"resourceName": f"{ARN}a"},
    )
    with pytest.raises(BadRequest, match="aws:"):
        create_log_group(ctx, {"logGroupName": "b", "tags": {"aws:x": ""}})
    assert names(describe_log_groups(ctx, {})) == ["a"]


@pytest.mark.parametrize("arn", ["a", f"{ARN}missing", "arn:aws:logs:us-east-1:999999999999:log-group:a"])
def test_tags_of_what_is_not_there_are_refused(ctx: Context, arn: str) -> None:
    create(ctx, "a")

    with pytest.raises((BadRequest, NotFound)):
        list_tags_for_resource(ctx, {"resourceArn": arn})
