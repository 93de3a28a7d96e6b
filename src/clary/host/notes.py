"""The agent's own log, for whoever runs the platform; never the job's. A full disk loses it."""

from __future__ import annotations

import os
import time
from contextlib import suppress


def note(text: str) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with suppress(OSError):
        os.write(2, f"{stamp} {text}\n".encode())


def note_exception(error: BaseException) -> None:
    """With its traceback."""
    import traceback

    note("".join(traceback.format_exception(error)))
