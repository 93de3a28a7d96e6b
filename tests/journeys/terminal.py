"""Runs the command in a terminal of a given width."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.clients import clean_environ
from tests.journeys.server import CLARY, Server
from tests.screen import Seen, run_in_terminal

from clary.compute.environments import environments_root


def in_terminal(server: Server, columns: int, *arguments: str) -> list[str]:
    """Returns the lines that are sent to a terminal of this width, without colours and unbroken."""
    seen = on_screen(server, columns, *arguments)
    return [line.rstrip() for line in seen.sent.replace("\r", "").splitlines()]


def on_screen(
    server: Server, columns: int, *arguments: str, expect: int = 0, cwd: Path | None = None
) -> Seen:
    """Returns what a user of such a terminal sees. Raises AssertionError for another exit code."""
    environ = {
        **clean_environ(server.user_home),
        "CLARY_HOME": str(server.home),
        "CLARY_ENVIRONMENTS": str(environments_root()),
    }
    seen = run_in_terminal([CLARY, *arguments], columns, environ, cwd=cwd, timeout_s=240.0)
    assert seen.code == expect, f"clary {arguments} ended with {seen.code}:\n" + "\n".join(seen.lines)
    return seen
