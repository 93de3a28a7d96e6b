"""Thousands of jobs that wait for the machine: the effect on creation, on requests, and on the queue."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench.harness.jobs import Jobs
from bench.harness.processes import cpu_s, memory_mb
from bench.harness.requests import Prepared, percentile, send_all, signed
from bench.harness.results import CLARY, Result
from bench.harness.servers import Served, clary_server

if TYPE_CHECKING:
    from bench.harness.bench import Bench

JOBS, FEW = 2_000, 40
CREATORS = 4
SETTLE_S = 15.0
"""The trial components of so many jobs are written somewhat later than the jobs."""
IDLE_S = 5.0
DRAIN_S = 30.0
"""How long the drain of the whole queue is watched."""
DESCRIBES = 300
PAUSE_S = 0.02
WHOLE_MACHINE = "ml.m5.24xlarge"


def measure(bench: Bench) -> Result:
    count = bench.jobs or JOBS
    result = Result(f"{count:,} jobs that wait")
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        jobs.run("warm", jobs.send_script("warm", ""))
        block(jobs, "blocks-few")
        create(jobs, "few", FEW)
        few_a_second = drained(jobs, "blocks-few", "few", FEW)
        block(jobs, "blocks-all")
        used_s = cpu_s(served.pid)
        seconds, created_s, described_s = create(jobs, "waits", count)
        result.add("jobs created", CLARY, "jobs/s", [count / seconds])
        result.add("p95 of one creation", CLARY, "ms", [1e3 * percentile(created_s, 0.95)])
        result.add("describe p95, while they are created", CLARY, "ms", [1e3 * percentile(described_s, 0.95)])
        time.sleep(SETTLE_S)
        used_s = cpu_s(served.pid) - used_s
        result.add("the server's CPU for one job that waits", CLARY, "ms", [1e3 * used_s / count])
        before_s = cpu_s(served.pid)
        time.sleep(IDLE_S)
        result.add(
            "CPU of the server while all wait", CLARY, "%", [100 * (cpu_s(served.pid) - before_s) / IDLE_S]
        )
        result.add("the server's memory while all wait (PSS)", CLARY, "MB", [memory_mb(served.pid)[0]])
        waiting_s = [_describe(jobs, f"waits-{number}") for number in range(min(DESCRIBES, count))]
        result.add("describe p50, while all wait", CLARY, "ms", [1e3 * percentile(waiting_s, 0.5)])
        result.add("describe p95, while all wait", CLARY, "ms", [1e3 * percentile(waiting_s, 0.95)])
        jobs.sagemaker.stop_training_job(TrainingJobName=f"waits-{count - 1}")
        began = time.perf_counter()
        jobs.wait(f"waits-{count - 1}", expect="Stopped")
        result.add("the last one is stopped after", CLARY, "s", [time.perf_counter() - began])
        all_a_second = drained(jobs, "blocks-all", "waits", count - 1)
    result.add(f"drained, {FEW} jobs", CLARY, "jobs/s", [few_a_second])
    result.add("drained, all of them", CLARY, "jobs/s", [all_a_second])
    result.budget_at_least("over 200 created a second", count / seconds, 200.0, "jobs/s")
    result.budget_at_most(
        "describe p95 under 20 ms meanwhile", 1e3 * percentile(described_s, 0.95), 20.0, "ms"
    )
    result.budget_at_least(f"drained as fast as {FEW} jobs", all_a_second / few_a_second, 1.0, "times")
    result.notes.append("creations are signed beforehand: the client's own work is not in the rates")
    return result


def block(jobs: Jobs, name: str) -> None:
    """Starts a job that takes the whole machine."""
    sleeper = jobs.request(name, jobs.send_script("sleep", "import time; time.sleep(6000)\n"))
    sleeper["ResourceConfig"]["InstanceType"] = WHOLE_MACHINE
    sleeper["StoppingCondition"] = {"MaxRuntimeInSeconds": 6000}
    jobs.sagemaker.create_training_job(**sleeper)


def create(jobs: Jobs, prefix: str, count: int) -> tuple[float, list[float], list[float]]:
    """Creates jobs of an empty script, and describes another job meanwhile.

    Returns the seconds that all of it took, those of each creation, and those of each Describe.
    """
    script = jobs.send_script("empty", "")
    requests = [
        _call(jobs.served, "CreateTrainingJob", jobs.request(f"{prefix}-{number}", script))
        for number in range(count)
    ]
    describe = [_call(jobs.served, "DescribeTrainingJob", {"TrainingJobName": "warm"})]
    described_s: list[float] = []
    created = threading.Event()

    def ask() -> None:
        while not created.is_set():
            described_s.extend(send_all(jobs.served.url, describe)[0])
            time.sleep(PAUSE_S)

    with ThreadPoolExecutor(CREATORS + 1) as pool:
        asking = pool.submit(ask)
        began = time.perf_counter()
        try:
            shares = [requests[first::CREATORS] for first in range(CREATORS)]
            parts = list(pool.map(lambda share: send_all(jobs.served.url, share)[0], shares))
            seconds = time.perf_counter() - began
        finally:
            created.set()
        asking.result()
    return seconds, [each for part in parts for each in part], described_s


def drained(jobs: Jobs, blocker: str, prefix: str, count: int) -> float:
    """Lets the jobs run that wait behind ``blocker``. Returns how many end a second, at most for DRAIN_S."""
    jobs.sagemaker.stop_training_job(TrainingJobName=blocker)
    jobs.wait(blocker, expect="Stopped")
    began = time.perf_counter()
    while (
        time.perf_counter() - began < DRAIN_S
        and jobs.sagemaker.list_training_jobs(
            NameContains=f"{prefix}-", StatusEquals="InProgress", MaxResults=1
        )["TrainingJobSummaries"]
    ):
        time.sleep(0.2)
    seconds = time.perf_counter() - began
    pages = jobs.sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains=f"{prefix}-", StatusEquals="Completed", PaginationConfig={"PageSize": 100}
    )
    completed = sum(len(page["TrainingJobSummaries"]) for page in pages)
    if completed < count and seconds < DRAIN_S:
        raise RuntimeError(f"only {completed} of {count} jobs completed")
    return completed / seconds


def _call(served: Served, operation: str, body: dict[str, object]) -> Prepared:
    return signed(served, "/", body, target=f"SageMaker.{operation}")


def _describe(jobs: Jobs, name: str) -> float:
    began = time.perf_counter()
    jobs.sagemaker.describe_training_job(TrainingJobName=name)
    return time.perf_counter() - began
