"""``clary down``: stops the server. Jobs keep running, and the next ``clary up`` finds them again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from clary.cli.console import fail, say

STOP_TIMEOUT_S = 15.0


def down(
    home: Annotated[Path | None, typer.Option(help="Folder of all state, ~/.clary by default.")] = None,
) -> None:
    """Stop the server. Running jobs keep running without it."""
    from clary.server.settings import load_settings
    from clary.server.state import StateFolder

    state = StateFolder(load_settings(home=home).home)
    if not state.is_locked():
        say("Clary is not up")
        return
    os.kill(int(state.server()["pid"]), signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while state.is_locked():
        if time.monotonic() > deadline:
            fail(f"the server did not stop within {STOP_TIMEOUT_S:.0f} s")
        time.sleep(0.02)
    say("Clary is down; its state is kept")
