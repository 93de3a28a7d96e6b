"""Reads image URIs: repository, version, processor and Python.

The registry host is ignored: ``763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.6-cpu-py312``
and ``pytorch-training:2.6-cpu-py312`` are one image here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?")
_TAG = re.compile(r"\w[\w.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z0-9]+:[0-9a-fA-F]{32,}")
_VERSION = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class ImageName:
    """``tag`` is empty when the URI has none."""

    repository: str
    tag: str = ""

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}" if self.tag else self.repository


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of a tag; empty strings for parts that it leaves open.

    version: ``2.6``. processor: ``cpu`` or ``gpu``. python: ``3.12``.
    """

    version: str = ""
    processor: str = ""
    python: str = ""


def parse_image(uri: str) -> ImageName:
    """Returns repository and tag of an image URI. Raises ValueError, which says what is wrong."""
    rest, _, digest = uri.strip().partition("@")
    if digest and not _DIGEST.fullmatch(digest):
        raise ValueError(
            f"{uri!r} is not an image URI: {digest!r} is not a digest like sha256:<64 hex digits>"
        )
    host, slash, path = rest.partition("/")
    if slash and _HOST.fullmatch(host) and ("." in host or ":" in host or host == "localhost"):
        rest = path
    repository, colon, tag = rest.partition(":")
    repository = repository.removeprefix("library/")
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(
            f"{uri!r} is not an image URI: expected <registry>/<repository>:<tag>, in lower case"
        )
    if colon and not _TAG.fullmatch(tag):
        raise ValueError(
            f"{uri!r} is not an image URI: {tag!r} is not a tag (letters, digits, '.', '_', '-')"
        )
    return ImageName(repository, tag)


def parse_tag(tag: str) -> Wanted:
    """Reads tags as AWS writes them: ``2.6-cpu-py312``, ``1.7-1``, ``0.23-1-cpu-py3``, ``latest``.

    The number after a version (``-1``) counts builds of the image, and ``py3`` leaves the Python open.
    """
    first, *others = tag.split("-")
    version = first if _VERSION.fullmatch(first) else ""
    processor = next((part for part in others if part in ("cpu", "gpu")), "")
    python = next((part for part in others if re.fullmatch(r"py3\d+", part)), "")
    return Wanted(version, processor, f"3.{python[3:]}" if python else "")
