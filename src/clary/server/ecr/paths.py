"""The paths of the registry's protocol, and what a request for each needs.

/v2/                                        is there a registry, and is the password good?
/v2/<repository>/manifests/<tag or digest>
/v2/<repository>/blobs/<digest>
/v2/<repository>/blobs/uploads/             begins an upload
/v2/<repository>/blobs/uploads/<id>         continues it, ends it, or gives it up
/v2/<repository>/tags/list
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from clary.domain.manifests import DIGEST, REPOSITORY, TAG

ROOT = "/v2"

_UPLOAD = re.compile(r"[0-9a-f-]{36}")
_QUERY = re.compile(r"(?:(?:_state=[A-Za-z0-9_=%-]{1,4096}|digest=sha256(?::|%3A|%3a)[0-9a-f]{64})(?:&|\Z))*")
_FORMS = re.compile(
    rf"{ROOT}/(?P<repository>.+?)/(?:(?P<sort>manifests|blobs/uploads|blobs)/(?P<reference>[^/]*)|tags/list)"
)

_ACTIONS = {
    ("manifests", "GET"): "BatchGetImage",
    ("manifests", "HEAD"): "BatchGetImage",
    ("manifests", "PUT"): "PutImage",
    ("blobs", "GET"): "GetDownloadUrlForLayer",
    ("blobs", "HEAD"): "BatchCheckLayerAvailability",
    ("uploads", "POST"): "InitiateLayerUpload",
    ("upload", "GET"): "UploadLayerPart",
    ("upload", "PATCH"): "UploadLayerPart",
    ("upload", "PUT"): "CompleteLayerUpload",
    ("upload", "DELETE"): "CompleteLayerUpload",
    ("tags", "GET"): "ListImages",
}


@dataclass(frozen=True, slots=True)
class RegistryPath:
    """sort: manifests, blobs, uploads, upload or tags. reference: a tag, a digest, or the id of an upload."""

    repository: str
    sort: str
    reference: str = ""

    def action(self, method: str) -> str:
        """Returns ECR's operation for a request; empty for a method that is not served."""
        return _ACTIONS.get((self.sort, method), "")


def read_path(path: str) -> RegistryPath | None:
    """Reads a path as it came, still encoded; None for one that the protocol does not have.

    No name or reference is passed on that has not passed the pattern of its sort.
    """
    found = _FORMS.fullmatch(path)
    if found is None or not 2 <= len(found["repository"]) <= 256:
        return None
    if not REPOSITORY.fullmatch(found["repository"]):
        return None
    sort, reference = found["sort"], found["reference"] or ""
    if sort is None:
        return RegistryPath(found["repository"], "tags")
    if sort == "blobs/uploads":
        if not reference:
            return RegistryPath(found["repository"], "uploads")
        fits, sort = _UPLOAD.fullmatch(reference), "upload"
    elif sort == "manifests":
        fits = DIGEST.fullmatch(reference) or TAG.fullmatch(reference)
    else:
        fits = DIGEST.fullmatch(reference)
    return RegistryPath(found["repository"], sort, reference) if fits else None


def is_upload_query(query: str) -> bool:
    """Whether a query has only what the registry server's own addresses have, and the digest of an upload."""
    return _QUERY.fullmatch(query) is not None
