"""Repositories of container images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clary.domain.manifests import REPOSITORY as NAME
from clary.services.pushed_images import REPOSITORY, RepositoryImages, repository_arn
from clary.store.paging import BadToken, ListQuery
from clary.store.records import RecordExists

from . import _errors as errors
from ._found import PAGE, found_repository, registry_of
from ._tags import checked_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document

MUTABLE = "MUTABLE"
_MUTABILITIES = (MUTABLE, "IMMUTABLE")


def create_repository(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Raises RepositoryAlreadyExistsException, and BadRequest with what to install where no registry is."""
    ctx.machines.check_registry()
    name, registry = request["repositoryName"], registry_of(ctx, request)
    if registry != ctx.account:
        raise errors.invalid(f"registryId is {registry}; the registry of this server is {ctx.account}")
    if not NAME.fullmatch(name):
        raise errors.invalid(
            f"repositoryName is {name!r}; it has small letters and digits, with one of . _ - between them, "
            "and may have parts divided by /"
        )
    encryption = request.get("encryptionConfiguration", {"encryptionType": "AES256"})
    if encryption["encryptionType"] != "AES256":
        raise errors.invalid(
            "encryptionConfiguration.encryptionType: there are no keys of KMS here; leave it out"
        )
    arn = repository_arn(ctx.region, ctx.account, name)
    record: Document = {
        "repositoryArn": arn,
        "registryId": ctx.account,
        "repositoryName": name,
        "createdAt": ctx.now(),
        "imageTagMutability": _mutability(request, MUTABLE),
        "imageScanningConfiguration": _scanning(request.get("imageScanningConfiguration", {})),
        "encryptionConfiguration": encryption,
    }
    tags = checked_tags(request.get("tags", ()), {})
    try:
        ctx.records.insert(REPOSITORY, name, record, arn=arn)
    except RecordExists:
        raise errors.repository_exists(name, ctx.account) from None
    ctx.tags.put(arn, tags)
    return {"repository": _described(ctx, record)}


def describe_repositories(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Returns the named repositories, or a page of all, by name. Raises RepositoryNotFoundException."""
    named = request.get("repositoryNames")
    if named is not None:
        if "nextToken" in request or "maxResults" in request:
            raise errors.invalid("repositoryNames goes without nextToken and maxResults")
        return {
            "repositories": [_described(ctx, found_repository(ctx, request, name)) for name in named],
        }
    if registry_of(ctx, request) != ctx.account:
        return {"repositories": []}
    query = ListQuery(kind=REPOSITORY, sort_by="name", descending=False)
    try:
        page = ctx.records.page(query, limit=request.get("maxResults", PAGE), token=request.get("nextToken"))
    except BadToken:
        raise errors.invalid("nextToken is not one that a page of this list had") from None
    answer: Document = {"repositories": [_described(ctx, record) for record in page.documents]}
    return answer | ({"nextToken": page.token} if page.token else {})


def delete_repository(ctx: Context, request: Mapping[str, Any]) -> Document:
    """Raises RepositoryNotEmptyException for one with images, unless ``force`` is given."""
    record = found_repository(ctx, request)
    images = RepositoryImages(ctx.records, ctx.account, record["repositoryName"])
    if request.get("force"):
        for image in images.all():
            images.delete(image)
    elif not images.is_empty():
        raise errors.repository_not_empty(record["repositoryName"], ctx.account)
    ctx.records.delete(REPOSITORY, record["repositoryName"])
    ctx.tags.delete_all(record["repositoryArn"])
    return {"repository": _described(ctx, record)}


def put_image_tag_mutability(ctx: Context, request: Mapping[str, Any]) -> Document:
    record = found_repository(ctx, request)
    mutability = _mutability(request, MUTABLE)
    ctx.records.update(REPOSITORY, record["repositoryName"], {"imageTagMutability": mutability})
    return {**_named(record), "imageTagMutability": mutability}


def put_image_scanning_configuration(ctx: Context, request: Mapping[str, Any]) -> Document:
    record = found_repository(ctx, request)
    scanning = _scanning(request["imageScanningConfiguration"])
    ctx.records.update(REPOSITORY, record["repositoryName"], {"imageScanningConfiguration": scanning})
    return {**_named(record), "imageScanningConfiguration": scanning}


def _named(record: Document) -> Document:
    return {member: record[member] for member in ("registryId", "repositoryName")}


def _described(ctx: Context, record: Document) -> Document:
    """The name for `docker push` is where the caller reached this server: the push comes from there too."""
    return {**record, "repositoryUri": f"{urlsplit(ctx.server_url).netloc}/{record['repositoryName']}"}


def _mutability(request: Mapping[str, Any], default: str) -> str:
    given: str = request.get("imageTagMutability", default)
    if given not in _MUTABILITIES or request.get("imageTagMutabilityExclusionFilters"):
        raise errors.invalid(
            "imageTagMutability: exclusion filters are not served here; it is MUTABLE or IMMUTABLE"
        )
    return given


def _scanning(given: Mapping[str, Any]) -> Document:
    if given.get("scanOnPush"):
        raise errors.invalid(
            "imageScanningConfiguration.scanOnPush: images are not scanned here; leave it out"
        )
    return {"scanOnPush": False}
