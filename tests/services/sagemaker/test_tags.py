from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clary.domain.errors import LimitExceeded, NotFound, ValidationError
from clary.services.sagemaker.tags import add_tags, delete_tags, list_tags

if TYPE_CHECKING:
    from clary.services.context import Context

ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/job-1"


@pytest.fixture
def arn(ctx: Context) -> str:
    ctx.records.insert("training-job", "job-1", {}, arn=ARN)
    return ARN


def spell(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_added_tags_are_listed_and_replace_those_of_the_same_key(ctx: Context, arn: str) -> None:
    add_tags(ctx, {"ResourceArn": arn, "Tags": spell(team="vision", stage="draft")})
    answer = add_tags(ctx, {"ResourceArn": arn, "Tags": spell(stage="final")})

    assert list_tags(ctx, {"ResourceArn": arn})["Tags"] == spell(stage="final", team="vision")
    assert sorted(answer["Tags"], key=lambda tag: tag["Key"]) == spell(stage="final", team="vision")


def test_deleted_tags_are_gone_and_deleting_again_is_no_error(ctx: Context, arn: str) -> None:
    add_tags(ctx, {"ResourceArn": arn, "Tags": spell(a="1", b="2")})

    for _ in range(2):
        delete_tags(ctx, {"ResourceArn": arn, "TagKeys": ["a"]})

    assert list_tags(ctx, {"ResourceArn": arn}) == {"Tags": spell(b="2")}


def test_tags_come_in_pages(ctx: Context, arn: str) -> None:
    ctx.tags.put(arn, {f"key-{number:02}": "" for number in range(60)})

    first = list_tags(ctx, {"ResourceArn": arn, "MaxResults": 50})
    second = list_tags(ctx, {"ResourceArn": arn, "MaxResults": 50, "NextToken": first["NextToken"]})

    keys = [tag["Key"] for tag in first["Tags"] + second["Tags"]]
    assert keys == [f"key-{number:02}" for number in range(60)]
    assert "NextToken" not in second


def test_a_resource_holds_fifty_tags(ctx: Context, arn: str) -> None:
    add_tags(ctx, {"ResourceArn": arn, "Tags": spell(**{f"k{number}": "" for number in range(50)})})
    add_tags(ctx, {"ResourceArn": arn, "Tags": spell(k7="changed")})

    with pytest.raises(LimitExceeded, match="51 tags"):
        add_tags(ctx, {"ResourceArn": arn, "Tags": spell(another="")})

    assert len(ctx.tags.get(arn)) == 50


@pytest.mark.parametrize(
    "tags", [[*spell(a="1"), *spell(a="2")], spell(**{"aws:x": "1"}), spell(**{"AWS:x": "1"})]
)
def test_repeated_and_reserved_keys_are_refused_and_nothing_is_added(
    ctx: Context, arn: str, tags: list[dict[str, str]]
) -> None:
    with pytest.raises(ValidationError, match="Tag key"):
        add_tags(ctx, {"ResourceArn": arn, "Tags": tags})

    assert ctx.tags.get(arn) == {}


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("job-1", ValidationError),
        (ARN.replace("us-east-1", "eu-west-1"), ValidationError),
        (ARN.replace("123456789012", "999999999999"), ValidationError),
        (ARN + "-other", NotFound),
        (ARN.replace("training-job", "model"), NotFound),
    ],
)
def test_an_arn_that_names_nothing_of_ours_is_refused(ctx: Context, arn: str, error: type[Exception]) -> None:
    ctx.records.insert("training-job", "job-1", {}, arn=ARN)

    for operation, members in (
        (add_tags, {"Tags": spell(a="1")}),
        (list_tags, {}),
        (delete_tags, {"TagKeys": ["a"]}),
    ):
        with pytest.raises(error, match=r"ARN|region"):
            operation(ctx, {"ResourceArn": arn, **members})


def test_a_resource_is_found_in_whatever_case_its_arn_is_spelled(ctx: Context, arn: str) -> None:
    add_tags(ctx, {"ResourceArn": arn.replace("job-1", "Job-1"), "Tags": spell(team="vision")})

    assert list_tags(ctx, {"ResourceArn": arn})["Tags"] == spell(team="vision")
    delete_tags(ctx, {"ResourceArn": arn.replace("training-job", "Training-Job"), "TagKeys": ["team"]})
    assert list_tags(ctx, {"ResourceArn": arn})["Tags"] == []
