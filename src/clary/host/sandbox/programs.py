"""Programs of the machine, found where an administrator puts them."""

from __future__ import annotations

import os


def program(name: str) -> str:
    """Returns the path of a program. Raises FileNotFoundError."""
    for folder in (*os.environ.get("PATH", "").split(":"), "/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        if folder.startswith("/") and os.access(f"{folder}/{name}", os.X_OK):
            return f"{folder}/{name}"
    raise FileNotFoundError(f"{name} is not installed")
