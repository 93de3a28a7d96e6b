"""Many empty jobs at the same time: the number of jobs that end per second."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench.harness.bench import run_client
from bench.harness.jobs import LOOK_S, Jobs
from bench.harness.processes import clean_environ, cpu_s
from bench.harness.ray_head import ray_head
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench

JOBS, RAY_JOBS = 200, 20
CREATORS = 4
WHAT = "empty jobs drained"
CPU = "CPU of the server for one job"
"""Without the agents: their ended processes are in the account of no parent."""
XARGS, RAY = "xargs -P2 python", f"Ray ({RAY_JOBS} jobs)"


def measure(bench: Bench) -> Result:
    result = Result(f"{JOBS} empty jobs drained")
    script = bench.folder / "script.py"
    script.write_text("")
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        turn = _clary_turn(jobs)
        cpu: list[float] = []

        def counted() -> float:
            before_s = cpu_s(served.pid)
            rate = turn()
            cpu.append((cpu_s(served.pid) - before_s) / JOBS)
            return rate

        jobs.run("warm", jobs.send_script("warm", ""))  # builds the environment where it is missing
        found = bench.in_turns({CLARY: counted, XARGS: lambda: _xargs(script)}, result.notes, rounds=2)
    if bench.with_peers:
        with contextlib.ExitStack() as stack:
            found |= bench.in_turns({RAY: lambda: _ray(stack, bench.folder, script)}, result.notes, rounds=1)
    result.add(CPU, CLARY, "s", cpu)
    for who, rates in found.items():
        result.add(WHAT, who, "jobs/s", rates)
    result.budget_at_least("over 10 a second", result.median(WHAT), 10.0, "jobs/s")
    return result


def _clary_turn(jobs: Jobs) -> Callable[[], float]:
    script = jobs.send_script("empty", "")
    turns = itertools.count()

    def turn() -> float:
        prefix = f"drain-{next(turns)}-"
        names = [f"{prefix}{number}" for number in range(JOBS)]
        began = time.perf_counter()
        with ThreadPoolExecutor(CREATORS) as pool:
            list(
                pool.map(lambda name: jobs.sagemaker.create_training_job(**jobs.request(name, script)), names)
            )
        while jobs.sagemaker.list_training_jobs(StatusEquals="InProgress", MaxResults=1)[
            "TrainingJobSummaries"
        ]:
            time.sleep(10 * LOOK_S)
        seconds = time.perf_counter() - began
        pages = jobs.sagemaker.get_paginator("list_training_jobs").paginate(
            NameContains=prefix, StatusEquals="Completed"
        )
        completed = sum(len(page["TrainingJobSummaries"]) for page in pages)
        if completed != JOBS:
            raise RuntimeError(f"only {completed} of {JOBS} jobs completed")
        return JOBS / seconds

    return turn


def _xargs(script: Path) -> float:
    command = ["xargs", "-P2", "-n1", sys.executable, str(script)]
    began = time.perf_counter()
    subprocess.run(
        command,
        input="\n".join(map(str, range(JOBS))),
        text=True,
        env=clean_environ(),
        check=True,
        timeout=120,
    )
    return JOBS / (time.perf_counter() - began)


def _ray(stack: contextlib.ExitStack, folder: Path, script: Path) -> float:
    head = ray_head(stack, folder)
    command = f"{sys.executable} {script}"
    found = run_client(
        "ray_jobs.py", head.environ, python=head.python, address=head.address, command=command, count=RAY_JOBS
    )
    return RAY_JOBS / float(found["done_s"])
