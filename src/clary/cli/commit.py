"""The git commit of a source, as tags of the job that runs it: months later they say which code it was."""

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
    """Empty where the folder is in no git repository, has no commit, or git is not there.

    ``git:changes`` says that the folder holds more, or less, than the commit does.
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
            # A folder that somebody else prepared may name a program to be run at each status.
            ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _without_secrets(url: str) -> str:
    """An address may hold the user's token."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else url
