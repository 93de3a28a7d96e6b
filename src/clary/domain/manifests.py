"""Manifests of container images: the documents that say what an image consists of.

    index (or manifest list) ──► manifest of one platform ──► config, layers

Both forms are read, Docker's (version 2, schema 2) and that of the Open Container Initiative.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 4 << 20
"""The largest manifest, as in AWS."""

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
"""The only digests: no client makes others."""

REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
"""Of 2 to 256 characters."""
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")

IMAGES = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
    }
)
INDEXES = frozenset(
    {
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.index.v1+json",
    }
)


class UnreadableManifest(ValueError):
    """The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Content:
    """One file of an image, or in an index one image. platform: ``linux/amd64``; empty where not given."""

    digest: str
    size_bytes: int
    media_type: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """config, layers: of an image. images: of an index, in its order."""

    media_type: str
    config: Content | None = None
    layers: tuple[Content, ...] = ()
    images: tuple[Content, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What its layers take in the registry, compressed."""
        return sum(layer.size_bytes for layer in self.layers)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def read_manifest(content: bytes, media_type: str = "") -> Manifest:
    """Reads a manifest. media_type: what the client calls it; empty: the manifest names it.

    Raises UnreadableManifest.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableManifest(f"the manifest has {len(content)} bytes; {MOST_BYTES} are allowed")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise UnreadableManifest("the manifest is not JSON") from None
    if not isinstance(document, dict):
        raise UnreadableManifest("the manifest is not a JSON object")
    named = document.get("mediaType") or media_type
    if media_type and named != media_type:
        raise UnreadableManifest(f"the manifest is of type {named!r}, and was sent as {media_type!r}")
    if document.get("schemaVersion") != 2 or named not in IMAGES | INDEXES:
        known = ", ".join(sorted(IMAGES | INDEXES))
        raise UnreadableManifest(
            f"the manifest is of type {named!r} (schema {document.get('schemaVersion')!r}); known are {known}"
        )
    if named in INDEXES:
        return Manifest(named, images=_contents(document.get("manifests"), "manifests"))
    return Manifest(
        named,
        config=_content(document.get("config"), "config"),
        layers=_contents(document.get("layers"), "layers"),
    )


def _contents(listed: Any, where: str) -> tuple[Content, ...]:
    if not isinstance(listed, list):
        raise UnreadableManifest(f"{where} is not a list")
    return tuple(_content(each, f"{where}[{number}]") for number, each in enumerate(listed))


def _content(described: Any, where: str) -> Content:
    if not isinstance(described, dict):
        raise UnreadableManifest(f"{where} is not an object")
    digest, size_bytes = described.get("digest"), described.get("size")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise UnreadableManifest(f"{where}.digest is not sha256: and 64 digits")
    if not isinstance(size_bytes, int) or isinstance(size_bytes, bool) or not 0 <= size_bytes < 1 << 62:
        raise UnreadableManifest(f"{where}.size is not a number of bytes")
    if described.get("urls"):
        raise UnreadableManifest(f"{where}.urls names another place; push the content itself")
    platform = described.get("platform")
    named = (platform.get("os"), platform.get("architecture")) if isinstance(platform, dict) else ()
    return Content(digest, size_bytes, str(described.get("mediaType") or ""), "/".join(map(str, named)))
