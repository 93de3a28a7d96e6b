"""Thousands of jobs that wait for the machine: what they cost those who create and those who ask."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench.harness.jobs import Jobs
from bench.harness.processes import cpu_s
from bench.harness.requests import percentile
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from bench.harness.bench import Bench

JOBS = 2_000
CREATORS = 4
SETTLE_S = 15.0
"""The trial components of that many jobs are written a little later than the jobs."""
IDLE_S = 5.0
DESCRIBES = 300
WHOLE_MACHINE = "ml.m5.24xlarge"


def measure(bench: Bench) -> Result:
    result = Result(f"{JOBS:,} jobs that wait")
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        jobs.run("warm", jobs.send_script("warm", ""))
        sleeper = jobs.request("blocks", jobs.send_script("sleep", "import time; time.sleep(600)\n"))
        sleeper["ResourceConfig"]["InstanceType"] = WHOLE_MACHINE
        jobs.sagemaker.create_training_job(**sleeper)
        script = jobs.send_script("empty", "")
        created_s: list[float] = []

        def create(number: int) -> None:
            began = time.perf_counter()
            jobs.sagemaker.create_training_job(**jobs.request(f"waits-{number}", script))
            created_s.append(time.perf_counter() - began)

        began = time.perf_counter()
        with ThreadPoolExecutor(CREATORS) as pool:
            list(pool.map(create, range(JOBS)))
        result.add("jobs created", CLARY, "jobs/s", [JOBS / (time.perf_counter() - began)])
        result.add("p95 of one creation", CLARY, "ms", [1e3 * percentile(created_s, 0.95)])
        time.sleep(SETTLE_S)
        before_s = cpu_s(served.pid)
        time.sleep(IDLE_S)
        result.add(
            "CPU of the server while all wait", CLARY, "%", [100 * (cpu_s(served.pid) - before_s) / IDLE_S]
        )
        described_s = [_describe(jobs, f"waits-{number}") for number in range(DESCRIBES)]
        result.add("describe p50, while all wait", CLARY, "ms", [1e3 * percentile(described_s, 0.5)])
        result.add("describe p95, while all wait", CLARY, "ms", [1e3 * percentile(described_s, 0.95)])
        jobs.sagemaker.stop_training_job(TrainingJobName=f"waits-{JOBS - 1}")
        began = time.perf_counter()
        jobs.wait(f"waits-{JOBS - 1}", expect="Stopped")
        result.add("the last one is stopped after", CLARY, "s", [time.perf_counter() - began])
        jobs.sagemaker.stop_training_job(TrainingJobName="blocks")
    return result


def _describe(jobs: Jobs, name: str) -> float:
    began = time.perf_counter()
    jobs.sagemaker.describe_training_job(TrainingJobName=name)
    return time.perf_counter() - began
