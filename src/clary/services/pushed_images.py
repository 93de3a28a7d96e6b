"""The images of repositories, as records. The registry's door uses them too (``server/ecr``).

ecr-repository   <repository>
ecr-image        <repository>@<digest>    with ``imageTags``, and the manifest as it was pushed
ecr-tag          <repository>:<tag>       names the digest; capitals of the tag as ``^`` and the letter
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.arns import Arn
from clary.domain.manifests import digest_of, read_manifest
from clary.store.paging import ListQuery

from .ecr import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.store.records import Records

REPOSITORY, IMAGE, TAG = "ecr-repository", "ecr-image", "ecr-tag"

Document = dict[str, Any]

_PAGE = 500


@dataclass(frozen=True, slots=True)
class RepositoryImages:
    """The images of one repository. Use it in a transaction where it writes."""

    records: Records
    registry: str
    """The account."""
    repository: str

    def find(self, *, digest: str = "", tag: str = "") -> Document | None:
        """Returns the record of an image; with both, of the image that has both."""
        if tag:
            named = self.records.find(TAG, _tag_name(self.repository, tag))
            if named is None or (digest and named["imageDigest"] != digest):
                return None
            digest = named["imageDigest"]
        return self.records.find(IMAGE, f"{self.repository}@{digest}")

    def all(self) -> list[Document]:
        """Returns every record, by digest."""
        return sorted(self._each(), key=lambda image: str(image["imageDigest"]))

    def is_empty(self) -> bool:
        return next(self._each(), None) is None

    def check_tag(self, tag: str, digest: str, *, stays: bool) -> None:
        """Raises ImageTagAlreadyExistsException for a tag of another image, where tags stay."""
        named = self.records.find(TAG, _tag_name(self.repository, tag))
        if stays and named is not None and named["imageDigest"] != digest:
            raise errors.tag_stays(tag, self.repository)

    def put(self, manifest: bytes, media_type: str, tag: str, *, now: float, stays: bool) -> Document:
        """Keeps an image, whose layers the registry has, and gives it a tag unless that is empty.

        stays: whether a tag of another image may not move. Raises ImageTagAlreadyExistsException, and
        ``UnreadableManifest``.
        """
        read = read_manifest(manifest, media_type)
        digest = digest_of(manifest)
        image = self.find(digest=digest)
        if image is None:
            image = {
                "registryId": self.registry,
                "repositoryName": self.repository,
                "imageDigest": digest,
                "imageTags": [],
                "imageSizeInBytes": read.size_bytes,
                "imagePushedAt": now,
                "imageManifestMediaType": read.media_type,
                "artifactMediaType": read.config.media_type if read.config is not None else None,
                "_manifest": manifest.decode(),
                "_images": [content.digest for content in read.images],
            }
            self.records.insert(IMAGE, self._image_name(digest), image)
        if tag and tag not in image["imageTags"]:
            self.check_tag(tag, digest, stays=stays)
            self.untag(tag)
            named = {"repositoryName": self.repository, "imageTag": tag, "imageDigest": digest}
            self.records.insert(TAG, _tag_name(self.repository, tag), named)
            image = self._retag(digest, lambda tags: [*tags, tag])
        return image

    def untag(self, tag: str) -> None:
        """Takes a tag from its image, which stays; does nothing when no image has it."""
        named = self.records.find(TAG, _tag_name(self.repository, tag))
        if named is not None:
            self.records.delete(TAG, _tag_name(self.repository, tag))
            self._retag(named["imageDigest"], lambda tags: [each for each in tags if each != tag])

    def delete(self, image: Document) -> None:
        """Deletes an image with its tags. The registry's own copy goes later (``server/ecr/collection``)."""
        for tag in image["imageTags"]:
            self.records.delete(TAG, _tag_name(self.repository, tag))
        self.records.delete(IMAGE, self._image_name(image["imageDigest"]))

    def holders(self, digest: str) -> list[str]:
        """Returns the digests of the indexes that an image belongs to."""
        return [image["imageDigest"] for image in self._each() if digest in image["_images"]]

    def _each(self) -> Iterator[Document]:
        query = ListQuery(kind=IMAGE, sort_by="name", members=(("repositoryName", self.repository),))
        token = None
        while True:
            page = self.records.page(query, limit=_PAGE, token=token)
            yield from page.documents
            token = page.token
            if token is None:
                return

    def _image_name(self, digest: str) -> str:
        return f"{self.repository}@{digest}"

    def _retag(self, digest: str, changed: Any) -> Document:
        return self.records.update(
            IMAGE, self._image_name(digest), lambda image: {"imageTags": sorted(changed(image["imageTags"]))}
        )


def repository_arn(region: str, account: str, name: str) -> str:
    return str(Arn("ecr", region, account, f"repository/{name}"))


def tags_stay(repository: Document) -> bool:
    return bool(repository["imageTagMutability"] == "IMMUTABLE")


def _tag_name(repository: str, tag: str) -> str:
    # Names of records that differ in case only are equal; tags are not.
    return f"{repository}:" + re.sub("[A-Z]", lambda letter: f"^{letter[0].lower()}", tag)
