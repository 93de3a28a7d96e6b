"""Translates an S3 key to a path inside the folder of a channel, or tells why that is impossible."""

from __future__ import annotations

from ..errors import ClientError

MAX_NAME_BYTES = 255


def relative_to_prefix(key: str, prefix: str) -> str:
    """Returns the part of ``key`` that becomes the path.

    ``d/`` and ``d`` both give ``x`` for ``d/x``; a prefix that cuts a name keeps the name: ``d/tr`` gives
    ``train.csv`` for ``d/train.csv``, as ``d/train.csv`` itself does.
    """
    if not prefix or prefix.endswith("/"):
        return key[len(prefix) :]
    if key.startswith(prefix + "/"):
        return key[len(prefix) + 1 :]
    return key[prefix.rfind("/") + 1 :]


def safe_path(relative: str, uri: str) -> str:
    """Returns ``relative`` when it is a path inside a folder. Raises ClientError, which names the fix."""
    parts = relative.split("/")
    if "\0" in relative:
        problem = "its key has a NUL character"
    elif any(part in ("..", ".") for part in parts):
        problem = 'its key has "." or ".." as a folder'
    elif relative.startswith("/") or "" in parts:
        problem = "its key has an empty folder name (two slashes in a row)"
    elif any(len(part.encode()) > MAX_NAME_BYTES for part in parts):
        problem = f"a name in its key is longer than {MAX_NAME_BYTES} bytes"
    else:
        return relative
    raise ClientError(
        f"Data download failed: {uri!r} can't become a file, because {problem}. "
        "Copy the object to another key, or choose a prefix that leaves it out."
    )
