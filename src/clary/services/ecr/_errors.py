"""ECR's errors, with AWS's codes and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, Conflict, LimitExceeded, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.errors import PlatformError


def invalid(message: str) -> BadRequest:
    return BadRequest(message, code="InvalidParameterException")


def invalid_tag(message: str) -> BadRequest:
    return BadRequest(message, code="InvalidTagParameterException")


def too_many_tags(message: str) -> LimitExceeded:
    return LimitExceeded(message, code="TooManyTagsException")


def no_repository(name: str, registry: str) -> NotFound:
    return NotFound(
        f"The repository with name '{name}' does not exist in the registry with id '{registry}'",
        code="RepositoryNotFoundException",
    )


def repository_exists(name: str, registry: str) -> Conflict:
    return Conflict(
        f"The repository with name '{name}' already exists in the registry with id '{registry}'",
        code="RepositoryAlreadyExistsException",
    )


def repository_not_empty(name: str, registry: str) -> Conflict:
    return Conflict(
        f"The repository with name '{name}' in registry with id '{registry}' cannot be deleted because it "
        "still contains images",
        code="RepositoryNotEmptyException",
    )


def no_image(image: Mapping[str, str], repository: str, registry: str) -> NotFound:
    digest, tag = (f"'{image[key]}'" if key in image else "'null'" for key in ("imageDigest", "imageTag"))
    return NotFound(
        f"The image with imageId {{imageDigest:{digest}, imageTag:{tag}}} does not exist within the "
        f"repository with name '{repository}' in the registry with id '{registry}'",
        code="ImageNotFoundException",
    )


def tag_stays(tag: str, repository: str) -> Conflict:
    return Conflict(
        f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten "
        "because the repository is immutable.",
        code="ImageTagAlreadyExistsException",
    )


def image_exists(digest: str, tag: str, repository: str, registry: str) -> Conflict:
    return Conflict(
        f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name "
        f"'{repository}' in registry with id '{registry}'",
        code="ImageAlreadyExistsException",
    )


def missing_layers(digest: str, repository: str) -> PlatformError:
    return NotFound(
        f"The image {digest} has not been pushed to the repository '{repository}'. `docker push` brings an "
        "image with its layers; PutImage tags one that is there",
        code="LayersNotFoundException",
    )


def invalid_digest(given: str, digest: str) -> BadRequest:
    return BadRequest(
        f"imageDigest is {given}, but the digest of imageManifest is {digest}",
        code="ImageDigestDoesNotMatchException",
    )
