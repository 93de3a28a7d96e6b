"""The git commit of a source, as tags of the job that runs it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 10.0
LONGEST_TAG = 256
_NOT_IN_A_TAG = re.compile(r"[^\w\s.:/=+\-@]")


def commit_tags(folder: Path) -> dict[str, str]:
    """Returns the tags; none when the folder has no commit or git is not installed.

    ``git:changes`` says that the folder differs from the commit.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    tags = {
        "git:commit": commit,
        "git:repository": _without_secrets(_git(folder, "remote", "get-url", "origin")),
    }
    if _git(folder, "status", "--porcelain", "--", "."):
        tags["git:changes"] = "uncommitted"
    return {name: _NOT_IN_A_TAG.sub("_", value)[:LONGEST_TAG] for name, value in tags.items() if value}


def _git(folder: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(
            # The configuration of an untrusted folder may name a program that each ``git status`` runs.
            ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _without_secrets(url: str) -> str:
    """Removes user and token from an address."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else url
