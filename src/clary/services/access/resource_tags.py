"""Finds the tags of a resource, which each kind of resource stores elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import Arn, canonical_arn

from .directory import POLICY, ROLE, USER, directory_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.store.object_store import S3Objects
    from clary.store.records import Records
    from clary.store.tags import Tags

_IAM_KINDS = {"user": USER, "role": ROLE, "policy": POLICY}


class ResourceTags:
    """Reads tags of resources. Nothing is cached."""

    def __init__(self, records: Records, tags: Tags, objects: S3Objects) -> None:
        self._directory = directory_of(records)
        self._tags = tags
        self._objects = objects

    def of(self, arn: str, version: str = "", /) -> Mapping[str, str]:
        """Returns the tags of a resource; none for a missing resource and for a pattern such as ``*``."""
        try:
            parsed = Arn.parse(arn)
        except ValueError:
            return {}
        if parsed.service == "iam":
            return self._of_identity(arn, parsed)
        if parsed.service == "s3":
            return self._of_object(parsed, version)
        if parsed.service == "logs":
            # Streams have no tags: those of their group count.
            return self._tags.get(arn.partition(":log-stream:")[0].removesuffix(":*"))
        own = self._tags.get(canonical_arn(arn))
        return own or self._of_group(canonical_arn(arn))

    def _of_group(self, arn: str) -> Mapping[str, str]:
        """The tags of a model package's group, for a version of it: a version is created without tags."""
        head, kind, name = arn.rpartition(":model-package/")
        group = name.rpartition("/")[0]
        return self._tags.get(f"{head}:model-package-group/{group}") if kind and group else {}

    def _of_identity(self, arn: str, parsed: Arn) -> Mapping[str, str]:
        kind = _IAM_KINDS.get(parsed.resource.partition("/")[0])
        found = None if kind is None else self._directory.by_arn(kind, arn)
        return {tag["Key"]: tag["Value"] for tag in (found or {}).get("Tags", ())}

    def _of_object(self, parsed: Arn, version: str) -> Mapping[str, str]:
        bucket, _, key = parsed.resource.partition("/")
        stored = self._objects.find_tagged(bucket, key, version or None) if key else None
        tags: Mapping[str, str] = {} if stored is None else stored.attributes.get("Tags", {})
        return tags
