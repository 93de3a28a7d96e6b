"""Downloads the source of a custom rule from S3."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..beneath import open_beneath
from ..client.s3 import S3Uri
from ..errors import ClientError
from ..inputs.fetching import Staged, fetch_all
from ..inputs.keys import relative_to_prefix
from ..inputs.source import unpack_source

if TYPE_CHECKING:
    from pathlib import Path

    from ..client.objects import ObjectSource

FOLDER = "code"
ARCHIVES = (".tar.gz", ".tgz")


def fetch_rule_source(configurations: dict[str, Any], root: Path, source: ObjectSource) -> None:
    """Puts the source of the one rule (a file, a folder, or an archive) into ``root``/code.

    Raises ClientError.
    """
    (configuration,) = configurations["DebugRuleConfigurations"]
    text = configuration["RuleParameters"]["source_s3_uri"]
    try:
        uri = S3Uri.parse(text)
    except ValueError as error:
        raise ClientError(f"source_s3_uri: {error}") from error
    found = [
        Staged(uri.bucket, item, relative_to_prefix(item.key, uri.key))
        for item in source.under(uri)
        if not item.key.endswith("/") and _belongs(item.key, uri.key)
    ]
    if not found:
        raise ClientError(f"source_s3_uri {text} has no file; give a .py file, a folder or a .tar.gz")
    folder = root / FOLDER
    os.makedirs(folder, exist_ok=True)
    fetch_all(found, folder, source)
    for staged in found:
        if staged.relative.endswith(ARCHIVES):
            _unpack(staged, root)


def _unpack(staged: Staged, root: Path) -> None:
    try:
        descriptor = open_beneath(root, f"{FOLDER}/{staged.relative}")
    except OSError as error:
        raise ClientError(
            f"source_s3_uri: {staged.uri} was replaced by what another archive holds"
        ) from error
    with open(descriptor, "rb") as archive:
        unpack_source(archive, root, FOLDER, staged.uri)


def _belongs(key: str, prefix: str) -> bool:
    """Returns whether a key is the file or in the folder. ``rules/ab`` is not in ``rules/a``."""
    return key == prefix or not prefix or key.startswith(prefix if prefix.endswith("/") else prefix + "/")
