"""Which packages an environment has, by the folders that installers leave."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_INFO = re.compile(r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[A-Za-z0-9.+!]+)\.dist-info")


def installed_packages(prefix: Path) -> tuple[str, ...]:
    """``torch==2.6.0`` and so on, sorted by name."""
    found = {
        match["name"].replace("_", "-").lower(): match["version"]
        for folder in prefix.glob("lib/python3*/site-packages/*.dist-info")
        if (match := _INFO.fullmatch(folder.name))
    }
    return tuple(f"{name}=={version}" for name, version in sorted(found.items()))
