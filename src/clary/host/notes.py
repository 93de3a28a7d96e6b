"""The agent's own log, for operators of the platform. It is not the job's log. A full disk loses lines."""

from __future__ import annotations

import os
import time
from contextlib import suppress


def note(text: str) -> None:
    """Writes a line with a time stamp."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with suppress(OSError):
        os.write(2, f"{stamp} {text}\n".encode())


def note_exception(error: BaseException) -> None:
    """Writes an exception with its traceback."""
    import traceback

    note("".join(traceback.format_exception(error)))
