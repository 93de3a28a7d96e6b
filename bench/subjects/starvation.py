"""The latency of Describe and List under a load of gigabytes and log lines, and on a server at rest."""

from __future__ import annotations

import contextlib
import statistics
from typing import TYPE_CHECKING

from bench.harness.bench import finish_client, run_client, start_client
from bench.harness.files import MIB, random_file
from bench.harness.jobs import FIRST_LINE, Jobs
from bench.harness.peers import PeerMissing
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server, peer_server

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.bench import Bench
    from bench.harness.servers import Served

SECONDS = 10.0
LEAD_S = 1.5
P95_MS = 20.0
JOB = "probed"
REST = "at rest"
OBJECTS = "1 GiB put and got at Clary"
LINES = "log lines at Clary"
BOTH = "both at Clary"
ELSEWHERE = "1 GiB put and got at localbucket"
LOADS = {REST: (), OBJECTS: ("objects",), LINES: ("lines",), BOTH: ("objects", "lines")}


def measure(bench: Bench) -> Result:
    result = Result("Answers while other traffic runs")
    large = random_file(bench.folder / "large", 1024 * MIB)
    with contextlib.ExitStack() as stack:
        clary = stack.enter_context(clary_server(bench.folder))
        jobs = Jobs.on(clary)
        jobs.run(JOB, jobs.send_script(JOB, FIRST_LINE))
        for situation, loads in LOADS.items():
            _add(result, situation, clary, clary, loads, large)
        if bench.with_peers:
            with contextlib.suppress(PeerMissing):
                other = stack.enter_context(peer_server("localbucket", bench.folder))
                _add(result, ELSEWHERE, clary, other, ("objects",), large)
    for situation in (OBJECTS, LINES, BOTH):
        result.budget_at_most(
            f"p95 under {P95_MS:.0f} ms: Describe, {situation}",
            result.median(f"describe p95, {situation}"),
            P95_MS,
            "ms",
        )
    result.notes.append(
        f"“{ELSEWHERE}” is what the same client does to these answers through the two cores alone, "
        "when not a byte goes through Clary"
    )
    return result


def _add(
    result: Result, situation: str, probed: Served, loaded: Served, loads: tuple[str, ...], large: Path
) -> None:
    running = [
        start_client(
            "generate_load.py",
            loaded.environ,
            what=what,
            seconds=SECONDS + LEAD_S,
            bucket="load",
            large=str(large),
        )
        for what in loads
    ]
    found: dict[str, list[float]] = run_client("probe.py", probed.environ, job=JOB, seconds=SECONDS)
    amounts = {what: finish_client(process) for what, process in zip(loads, running, strict=True)}
    for operation, times in found.items():
        result.add(f"{operation} p50, {situation}", CLARY, "ms", [statistics.median(times)])
        result.add(f"{operation} p95, {situation}", CLARY, "ms", [statistics.quantiles(times, n=20)[18]])
    if amounts:
        told = [
            f"{amount / 1e9:.1f} GB" if what == "objects" else f"{amount:,} lines"
            for what, amount in amounts.items()
        ]
        result.notes.append(f"{situation}: {', '.join(told)} in about {SECONDS + LEAD_S:.0f} s")
