"""Tags of every SageMaker resource that has an ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import Arn, canonical_arn
from clary.domain.errors import LimitExceeded, NotFound, ValidationError
from clary.kinds.tags import LIMIT, checked_tags

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        AddTagsInputTypeDef,
        DeleteTagsInputTypeDef,
        ListTagsInputTypeDef,
    )

    from clary.services.context import Context, Document


def add_tags(ctx: Context, request: AddTagsInputTypeDef) -> Document:
    """Adds tags and replaces the values of existing ones; returns all tags of the resource.

    Raises LimitExceeded for too many tags, ValidationError for a tag that is not valid, and NotFound.
    """
    arn = _existing(ctx, request["ResourceArn"])
    new = checked_tags(request["Tags"])
    tags = ctx.tags.get(arn) | new
    if len(tags) > LIMIT:
        raise LimitExceeded(
            f"{arn} would have {len(tags)} tags; a resource holds at most {LIMIT}. "
            "Remove some with DeleteTags"
        )
    ctx.tags.put(arn, new)
    return {"Tags": _spell(tags)}


def list_tags(ctx: Context, request: ListTagsInputTypeDef) -> Document:
    """A page of tags, sorted by key."""
    tags = ctx.tags.get(_existing(ctx, request["ResourceArn"]))
    after, limit = request.get("NextToken", ""), request.get("MaxResults", LIMIT)
    rest = {key: tags[key] for key in sorted(tags) if key > after}
    page = dict(list(rest.items())[:limit])
    answer: Document = {"Tags": _spell(page)}
    if len(rest) > limit:
        answer["NextToken"] = list(page)[-1]
    return answer


def delete_tags(ctx: Context, request: DeleteTagsInputTypeDef) -> None:
    ctx.tags.remove(_existing(ctx, request["ResourceArn"]), request["TagKeys"])


def _existing(ctx: Context, text: str) -> str:
    """The ARN as tags are stored under it. Raises NotFound, or ValidationError for a foreign ARN."""
    try:
        arn = Arn.parse(text)
    except ValueError:
        raise ValidationError(f"ResourceArn is {text!r}, which is not an ARN") from None
    if (arn.region, arn.account) != (ctx.region, ctx.account):
        raise ValidationError(
            f"ResourceArn {text} is of region {arn.region} and account {arn.account}; "
            f"this is region {ctx.region} and account {ctx.account}"
        )
    if ctx.records.find_by_arn(text) is None:
        raise NotFound(f"Could not find a resource with ARN {text}")
    return canonical_arn(text)


def _spell(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
