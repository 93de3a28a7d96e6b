"""The context of a subject: a folder, the number of rounds, turns, and clients in their own process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bench.harness.peers import PeerMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

CLIENTS = Path(__file__).parent.parent / "clients"


@dataclass(frozen=True, slots=True)
class Bench:
    """folder: empty, and removed after the subject. rounds: the number of turns of each contestant.

    jobs: how many the subject ``queue`` creates; None: its own number.
    """

    folder: Path
    rounds: int
    with_peers: bool
    jobs: int | None = None

    def in_turns(
        self, contestants: Mapping[str, Callable[[], T]], notes: list[str], *, rounds: int | None = None
    ) -> dict[str, list[T]]:
        """Runs contestants in turns (A B C A B C ...) and returns the results of each one's turns.

        A peer that is missing leaves a note. Turns, because the other load of the machine changes over time:
        turns that are close in time are comparable.
        """
        found: dict[str, list[T]] = {}
        missing: set[str] = set()
        for _ in range(rounds or self.rounds):
            for who, turn in contestants.items():
                if who in missing:
                    continue
                try:
                    found.setdefault(who, []).append(turn())
                except PeerMissing as error:
                    missing.add(who)
                    found.pop(who)
                    notes.append(str(error))
        return found


def run_client(
    script: str,
    environ: Mapping[str, str],
    *,
    python: str | Path = sys.executable,
    timeout_s: float = 240.0,
    **arguments: Any,
) -> Any:
    """Runs ``clients/<script>`` with ``arguments`` in its own process. Returns the JSON of its last line.

    Raises RuntimeError with its output when it fails.
    """
    process = start_client(script, environ, python=python, **arguments)
    return finish_client(process, timeout_s=timeout_s)


def start_client(
    script: str, environ: Mapping[str, str], *, python: str | Path = sys.executable, **arguments: Any
) -> subprocess.Popen[str]:
    """Starts ``clients/<script>`` with ``arguments``. Call ``finish_client`` for its result."""
    return subprocess.Popen(
        [str(python), str(CLIENTS / script), json.dumps(arguments)],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish_client(process: subprocess.Popen[str], *, timeout_s: float = 240.0) -> Any:
    """Waits for a client. Returns the JSON of its last line. Raises RuntimeError when it fails."""
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(
            f"{process.args} ended with {process.returncode}:\n{output[-2000:]}\n{errors[-4000:]}"
        )
    return json.loads(output.strip().splitlines()[-1])
