"""Mistakes of users, and where the reason of a failing job is written."""

from __future__ import annotations

import os

MOST_CHARACTERS = 1000


class BadInput(Exception):
    """Data or settings that can't be used. The message says what is wrong and what to do."""


def base_folder() -> str:
    return os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")


def report_failure(message: str) -> None:
    """Writes the reason where training jobs (``failure``) and processing jobs (``message``) have it."""
    folder = os.path.join(base_folder(), "output")
    os.makedirs(folder, exist_ok=True)
    for name in ("failure", "message"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(message[:MOST_CHARACTERS])
