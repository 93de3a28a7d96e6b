"""Calls of DescribeTrainingJob per second, with one client and with eight."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from bench.harness.bench import finish_client, run_client, start_client
from bench.harness.jobs import FIRST_LINE, Jobs
from bench.harness.processes import cpu_s
from bench.harness.results import CLARY, Result
from bench.harness.servers import Served, clary_server, peer_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness.bench import Bench

SECONDS = 3.0
PROCESSES, THREADS = 2, 4
JOB = "describe-me"
CPU = "the server's CPU for one call"
WAYS = ("boto3", "bare")
GOALS = {"boto3": 5.0, "bare": 10.0}
"""How many times moto it should be."""


def measure(bench: Bench) -> Result:
    result = Result("DescribeTrainingJob a second")
    with contextlib.ExitStack() as stack:
        clary = stack.enter_context(clary_server(bench.folder))
        jobs = Jobs.on(clary)
        script = jobs.send_script(JOB, FIRST_LINE)
        jobs.run(JOB, script)
        contestants = {CLARY: clary}
        if bench.with_peers:
            moto = stack.enter_context(peer_server("moto", bench.folder))
            run_client("create_job.py", moto.environ, request=jobs.request(JOB, script))
            contestants["moto"] = moto
        for how in WAYS:
            for clients in (1, PROCESSES * THREADS):
                turns = {who: _turn(served, how, clients) for who, served in contestants.items()}
                for who, seen in bench.in_turns(turns, result.notes).items():
                    result.add(_what(how, clients), who, "calls/s", [rate for rate, _ in seen])
                    if (how, clients) == ("bare", 1):
                        result.add(CPU, who, "ms", [cpu_ms for _, cpu_ms in seen])
    for clients in (1, PROCESSES * THREADS):
        for how in WAYS:
            peer = result.median(_what(how, clients), "moto")
            own = result.median(_what(how, clients))
            ratio = own / peer if own and peer else None
            goal = GOALS[how]
            result.budget_at_least(f"{goal:.0f} times moto: {_what(how, clients)}", ratio, goal, "times")
    result.notes.append(
        "boto3: a user's client, whose own work (about a millisecond of CPU a call) is on the same cores; "
        "bare: one signed request sent again over one connection, so that the server is what is measured"
    )
    return result


def _what(how: str, clients: int) -> str:
    return f"{how}, {clients} client{'s' if clients > 1 else ''}"


def _turn(served: Served, how: str, clients: int) -> Callable[[], tuple[float, float]]:
    """A turn that returns calls per second, and the server's CPU milliseconds per call."""
    processes, threads = (1, 1) if clients == 1 else (PROCESSES, THREADS)

    def turn() -> tuple[float, float]:
        before_s = cpu_s(served.pid)
        asked: dict[str, Any] = {"how": how, "job": JOB, "seconds": SECONDS, "threads": threads}
        start_at = time.time() + 1.5
        started = [
            start_client("describe.py", served.environ, **asked, start_at=start_at) for _ in range(processes)
        ]
        found = [finish_client(process) for process in started]
        calls = sum(each["calls"] for each in found)
        rate = sum(each["calls"] / each["seconds"] for each in found)
        return rate, 1e3 * (cpu_s(served.pid) - before_s) / calls

    return turn
