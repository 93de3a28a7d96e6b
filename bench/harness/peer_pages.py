"""Peers' own pages: each in a browser of its own, and given up after a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.browser import GIVE_UP_S, NeverPainted, browser
from bench.harness.peers import PeerMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.studio.chromium import Chromium

    from bench.harness.bench import Bench
    from bench.harness.results import Result


def measure_peer(bench: Bench, result: Result, who: str, measure: Callable[[Chromium], None]) -> None:
    """Measures the page of a peer in a browser of its own, which ends with it. What goes wrong is a note."""
    try:
        with browser(bench.folder / f"browser of {who}") as chromium:
            if chromium is not None:
                measure(chromium)
    # What a page throws, and what the browser refuses, are AssertionErrors (tests/studio/chromium.py).
    except (PeerMissing, NeverPainted, AssertionError, RuntimeError, TimeoutError) as error:
        said = str(error) or type(error).__name__
        result.notes.append(f"{who}: {said.splitlines()[0][:300]}")


def add_paints(result: Result, what: str, who: str, measure: Callable[[], float], rounds: int) -> bool:
    """Adds a row of milliseconds, and tells whether the page has painted in all rounds.

    A page that has not in GIVE_UP_S gets this number, and a note.
    """
    times: list[float] = []
    for _ in range(rounds):
        try:
            times.append(measure())
        except NeverPainted:
            result.notes.append(f"{who} was given up after {GIVE_UP_S:.0f} s: {what}")
            result.add(what, who, "ms", [*times, 1_000 * GIVE_UP_S])
            return False
    result.add(what, who, "ms", times)
    return True
