"""Ends an agent whose folder was removed: the state of its server is gone, and nobody wants the job."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK_EVERY_S = 2.0
PATIENCE_S = 10.0
"""How long the agent may take to end by itself: it may be waiting for a server that never comes back."""


def watch_home(folder: Path, on_gone: Callable[[], None], every_s: float = LOOK_EVERY_S) -> None:
    """Calls ``on_gone`` when ``folder`` was removed, and ends the process later if it still runs."""
    threading.Thread(target=_watch, args=(folder, on_gone, every_s), name="home", daemon=True).start()


def _watch(folder: Path, on_gone: Callable[[], None], every_s: float) -> None:
    while os.path.isdir(folder):
        time.sleep(every_s)
    on_gone()
    time.sleep(PATIENCE_S)
    os._exit(1)
