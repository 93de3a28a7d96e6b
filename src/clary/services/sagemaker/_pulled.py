"""A role has to be allowed to pull the image that runs as it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from clary.services.context import Context

ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def check_pull(ctx: Context, role_arn: str, image_uri: str) -> None:
    """Raises ValidationError when an image is in ECR and the role may not pull it."""
    repository = ctx.machines.repository_of(image_uri)
    if not repository:
        return
    for action in ACTIONS:
        if not ctx.role_may(role_arn, action, repository):
            raise ValidationError(
                f"The role {role_arn} can't pull the image {image_uri}: it has no permission for {action} on "
                f"{repository}."
            )
