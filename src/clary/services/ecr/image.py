"""Images: which there are, their manifests, their tags, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.manifests import DIGEST, TAG, UnreadableManifest, digest_of, read_manifest
from clary.services.pushed_images import RepositoryImages, tags_stay

from . import _errors as errors
from ._found import found_repository, images_of, one_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document

IMAGES_AT_A_TIME = 100


def list_images(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Returns a page of images: one with several tags is listed with each."""
    images = images_of(ctx, request)
    found = [
        {"imageDigest": image["imageDigest"], **({"imageTag": tag} if tag else {})}
        for image in _filtered(images.all(), request)
        for tag in image["imageTags"] or [""]
    ]
    return one_page(request, "imageIds", found, lambda id: (id["imageDigest"], id.get("imageTag", "")))


def describe_images(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Returns the named images, or a page of all. Raises ImageNotFoundException for a named one."""
    images = images_of(ctx, request)
    named = request.get("imageIds")
    if named is None:
        details = [_detail(image) for image in _filtered(images.all(), request)]
        return one_page(request, "imageDetails", details, lambda detail: (detail["imageDigest"], ""))
    found: dict[str, Document] = {}
    for identifier in named:
        problem = _unusable(identifier)
        if problem is not None:
            raise errors.invalid(f"imageIds: {problem[1]}")
        image = images.find(**_sought(identifier))
        if image is None:
            raise errors.no_image(identifier, images.repository, ctx.account)
        found[image["imageDigest"]] = _detail(image)
    return {"imageDetails": list(found.values())}


def batch_get_image(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Returns manifests, and a failure for each image that is not there."""
    images = images_of(ctx, request)
    found, failures = [], []
    for identifier in _limited(request):
        image = None if _unusable(identifier) else images.find(**_sought(identifier))
        if image is None:
            failures.append(_failure(identifier))
        else:
            tag = {"imageTag": identifier["imageTag"]} if "imageTag" in identifier else {}
            found.append(_image(image, tag))
    return {"images": found, "failures": failures}


def batch_delete_image(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Deletes images by digest, and tags; an image goes with its last tag. Each failure is answered."""
    images = images_of(ctx, request)
    deleted, failures = [], []
    for identifier in _limited(request):
        image = None if _unusable(identifier) else images.find(**_sought(identifier))
        if image is None:
            failures.append(_failure(identifier))
            continue
        digest, tag = image["imageDigest"], identifier.get("imageTag", "")
        goes = not tag or image["imageTags"] == [tag]
        holders = images.holders(digest) if goes else []
        if goes and holders and not tag:
            reason = f"Requested image referenced by manifest list: {holders}"
            failures.append(_failed(identifier, "ImageReferencedByManifestList", reason))
            continue
        # A tagged image that an index needs loses its tag only.
        tags = [tag] if tag else image["imageTags"]
        if goes and not holders:
            images.delete(image)
        else:
            images.untag(tag)
        deleted += [{"imageDigest": digest, "imageTag": each} for each in tags] or [{"imageDigest": digest}]
    return {"imageIds": deleted, "failures": failures}


def put_image(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Gives an image that has been pushed another tag. Raises LayersNotFoundException for any other one."""
    record = found_repository(ctx, request)
    images = RepositoryImages(ctx.records, ctx.account, record["repositoryName"])
    manifest = request["imageManifest"].encode()
    tag, digest = request.get("imageTag", ""), digest_of(manifest)
    try:
        read_manifest(manifest, request.get("imageManifestMediaType", ""))
    except UnreadableManifest as error:
        raise errors.invalid(f"imageManifest: {error}") from None
    if tag and not TAG.fullmatch(tag):
        raise errors.invalid(f"imageTag is {tag!r}; it has letters, digits and . _ -, at most 128")
    if request.get("imageDigest", digest) != digest:
        raise errors.invalid_digest(request["imageDigest"], digest)
    image = images.find(digest=digest)
    if image is None:
        raise errors.missing_layers(digest, images.repository)
    if not tag or tag in image["imageTags"]:
        raise errors.image_exists(digest, tag or "null", images.repository, ctx.account)
    media_type = image["imageManifestMediaType"]
    image = images.put(manifest, media_type, tag, now=ctx.now(), stays=tags_stay(record))
    return {"image": _image(image, {"imageTag": tag})}


def _limited(request: Mapping[str, Any]) -> list[Document]:
    identifiers: list[Document] = request["imageIds"]
    if len(identifiers) > IMAGES_AT_A_TIME:
        raise errors.invalid(
            f"imageIds names {len(identifiers)} images; {IMAGES_AT_A_TIME} are answered at a time"
        )
    return identifiers


def _sought(identifier: Mapping[str, str]) -> dict[str, str]:
    return {"digest": identifier.get("imageDigest", ""), "tag": identifier.get("imageTag", "")}


def _unusable(identifier: Mapping[str, str]) -> tuple[str, str] | None:
    """Returns (code, reason) for what can name no image."""
    digest, tag = identifier.get("imageDigest"), identifier.get("imageTag")
    if digest is None and tag is None:
        return "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"
    if digest is not None and not DIGEST.fullmatch(digest):
        return (
            "InvalidImageDigest",
            f"Invalid request parameters: image digest should satisfy {DIGEST.pattern}",
        )
    if tag is not None and not TAG.fullmatch(tag):
        return "InvalidImageTag", f"Invalid request parameters: image tag should satisfy {TAG.pattern}"
    return None


def _failure(identifier: Mapping[str, str]) -> Document:
    code, reason = _unusable(identifier) or ("ImageNotFound", "Requested image not found")
    return _failed(identifier, code, reason)


def _failed(identifier: Mapping[str, str], code: str, reason: str) -> Document:
    return {"imageId": dict(identifier), "failureCode": code, "failureReason": reason}


def _filtered(images: list[Document], request: Mapping[str, Any]) -> list[Document]:
    asked = request.get("filter", {})
    if asked.get("imageStatus", "ACTIVE") not in ("ACTIVE", "ANY"):
        return []  # Nothing is archived here.
    status = asked.get("tagStatus", "ANY")
    return [image for image in images if status == "ANY" or bool(image["imageTags"]) == (status == "TAGGED")]


def _detail(image: Document) -> Document:
    # A member that is there and empty would be an image with no tags for a client that counts members.
    return {name: value for name, value in image.items() if value not in (None, [])}


def _image(image: Document, tag: Mapping[str, str]) -> Document:
    return {
        "registryId": image["registryId"],
        "repositoryName": image["repositoryName"],
        "imageId": {"imageDigest": image["imageDigest"], **tag},
        "imageManifest": image["_manifest"],
        "imageManifestMediaType": image["imageManifestMediaType"],
    }
