"""The time from the start of a server to its first answered request, and its memory at rest."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, memory_mb, running, wait_until_answered
from bench.harness.results import CLARY, Result
from bench.harness.servers import HEALTH, clary_command, clary_environ, peer_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench

SETTLE_S = 2.0
TURNS = 5

START, AGAIN, MEMORY = "first start to first answer", "start again to first answer", "memory at rest (PSS)"

Seen = tuple[float, float, int]
"""The seconds to the first answer, MB, and the number of processes."""


def measure(bench: Bench) -> Result:
    result = Result("Server: start to first answer, memory at rest")
    first, again = bench.folder / "first", bench.folder / "again"
    first.mkdir()
    again.mkdir()
    fresh = iter(range(1_000))
    contestants: dict[str, Callable[[], Seen]] = {
        CLARY: lambda: _clary(first / str(next(fresh))),
        "Clary again": lambda: _clary(again),
    }
    if bench.with_peers:
        contestants["moto"] = lambda: _moto(bench.folder)
    found = bench.in_turns(contestants, result.notes, rounds=TURNS)
    if bench.with_peers:
        # Once: it takes longer than all the others together.
        found |= bench.in_turns({"MLflow": lambda: _mlflow(bench.folder)}, result.notes, rounds=1)

    result.add(AGAIN, CLARY, "s", [seconds for seconds, _, _ in found.pop("Clary again")])
    for who, seen in found.items():
        result.add(START, who, "s", [seconds for seconds, _, _ in seen])
        result.add(MEMORY, who, "MB", [megabytes for _, megabytes, _ in seen])
        result.notes.append(f"{who}: {seen[-1][2]} process(es)")
    result.budget_at_most("first answer under 1 s", result.median(START), 1.0, "s")
    result.budget_at_most("under 150 MB at rest", result.median(MEMORY), 150.0, "MB")
    result.budget_at_most("one process", float(found[CLARY][-1][2]), 1, "process(es)")
    return result


def _clary(home: Path) -> Seen:
    home.mkdir(exist_ok=True)
    port = free_port()
    return _start(clary_command(home, port), clary_environ(), home, port, "/_clary/health")


def _moto(folder: Path) -> Seen:
    port = free_port()
    return _start(
        peer_command("moto", peer_environment("moto"), folder, port),
        clean_environ(),
        folder,
        port,
        HEALTH["moto"],
    )


def _mlflow(folder: Path) -> Seen:
    port = free_port()
    command = [
        str(peer_environment("mlflow") / "mlflow"),
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    return _start(command, clean_environ(), folder, port, "/health")


def _start(command: list[str], environ: dict[str, str], folder: Path, port: int, path: str) -> Seen:
    with contextlib.ExitStack() as stack:
        began = time.perf_counter()
        process = stack.enter_context(running(command, folder=folder, environ=environ))
        wait_until_answered(port, path, process)
        seconds = time.perf_counter() - began
        time.sleep(SETTLE_S)  # what a server still loads after its first answer counts as well
        return seconds, *memory_mb(process.pid)
