"""Batch transform: rows of a CSV file through a scikit-learn model, beside a plain loop in one process."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

from bench.harness.bench import CLIENTS, run_client
from bench.harness.endpoints import create_model
from bench.harness.environments import environment
from bench.harness.jobs import BUCKET, TERMINAL, Jobs
from bench.harness.model_servers import IRIS
from bench.harness.processes import clean_environ, cpu_s
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from bench.harness.bench import Bench

ROWS = 1_000_000
SINGLE_ROWS = 20_000
"""For the loop that predicts one row at a time."""
ENVIRONMENT = "sagemaker-scikit-learn-1.2.2-py3.11"
LOOP, ROW_LOOP = "a plain loop, 10,000 rows at a time", "a plain loop, one row at a time"
LOG_GROUP = "/aws/sagemaker/TransformJobs"
LOOK_S = 0.02
RATE, WHOLE, CPU = "rows a second", "rows a second, from the request to Completed", "CPU of a million rows"
_DONE = re.compile(r"Clary: 1 of 1 objects: .*, (\d+) records in (\d+) requests, ([0-9.]+) s")


def measure(bench: Bench) -> Result:
    result = Result(f"Batch transform of {ROWS:,} rows of CSV by a scikit-learn model")
    rows = bench.folder / "rows.csv"
    few = bench.folder / "few.csv"
    _write(rows, ROWS)
    _write(few, SINGLE_ROWS)
    with clary_server(bench.folder) as clary:
        jobs = Jobs.on(clary)
        create_model(jobs, IRIS, workers=0)
        for prefix, path in (("rows", rows), ("few", few)):
            jobs.s3.put_object(Bucket=BUCKET, Key=f"{prefix}/rows.csv", Body=path.read_bytes())
        # The first may have to build the environment.
        _transform(jobs, "few")
        seen = bench.in_turns(
            {
                CLARY: lambda: _measured(jobs, clary.pid),
                LOOP: lambda: {"rate": ROWS / _loop(rows, one_row=False)},
                ROW_LOOP: lambda: {"rate": SINGLE_ROWS / _loop(few, one_row=True)},
            },
            result.notes,
        )
    for who, turns in seen.items():
        result.add(RATE, who, "rows/s", [each["rate"] for each in turns])
    for what, key, unit in ((WHOLE, "whole", "rows/s"), (CPU, "cpu", "s")):
        result.add(what, CLARY, unit, [each[key] for each in seen[CLARY]])
    own = result.median(RATE)
    if own is not None:
        for peer in (LOOP, ROW_LOOP):
            other = result.median(RATE, peer)
            if other:
                result.budget_at_least(f"ahead of {peer}", own / other, 1.0, "times")
    result.notes.append(
        "MaxPayloadInMB 1, as many requests at a time and workers as the instance has vCPUs (2)"
    )
    return result


def _write(path: Path, count: int) -> None:
    chosen = random.Random(0)
    lines = (",".join(f"{chosen.uniform(0, 8):.1f}" for _ in range(4)) + "\n" for _ in range(count))
    path.write_text("".join(lines))


def _loop(source: Path, *, one_row: bool) -> float:
    """The seconds of the loop, without its start."""
    environ = {**clean_environ(), "PYTHONPATH": str(CLIENTS)}
    seconds: float = run_client(
        "transform_loop.py",
        environ,
        python=environment(ENVIRONMENT) / "bin" / "python",
        module=IRIS.module,
        source=str(source),
        target=str(source.with_suffix(".out")),
        one_row=one_row,
    )
    return seconds


def _measured(jobs: Jobs, server: int) -> dict[str, float]:
    before, began = cpu_s(server), time.perf_counter()
    told, used_s = _transform(jobs, "rows", server)
    whole_s = time.perf_counter() - began
    assert int(told[1]) == ROWS
    return {"rate": ROWS / float(told[3]), "whole": ROWS / whole_s, "cpu": (used_s - before) * 1e6 / ROWS}


def _transform(jobs: Jobs, prefix: str, server: int = 0) -> tuple[re.Match[str], float]:
    """Runs a job; returns what its log says at the end, and the CPU of ``server`` with all its processes.

    The CPU of a host is last seen before its processes end, so it lacks some hundredths of a second.
    """
    name = f"{prefix}-{time.time_ns()}"
    jobs.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=IRIS.name,
        MaxPayloadInMB=1,
        BatchStrategy="MultiRecord",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={
            "S3OutputPath": f"s3://{BUCKET}/out/{name}",
            "Accept": "text/csv",
            "AssembleWith": "Line",
        },
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    used_s = 0.0
    while True:
        used_s = max(used_s, cpu_s(server) if server else 0.0)
        job: dict[str, Any] = jobs.sagemaker.describe_transform_job(TransformJobName=name)
        if job["TransformJobStatus"] in TERMINAL:
            break
        time.sleep(LOOK_S)
    if job["TransformJobStatus"] != "Completed":
        raise RuntimeError(f"{name} is {job['TransformJobStatus']}: {job.get('FailureReason')}")
    events = jobs.logs.filter_log_events(logGroupName=LOG_GROUP, logStreamNamePrefix=name)["events"]
    told = [found for each in events if (found := _DONE.fullmatch(each["message"]))]
    if not told:
        raise RuntimeError(f"the log of {name} does not say how many records it had")
    return told[0], used_s
