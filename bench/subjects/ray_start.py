"""Jobs on a Ray cluster of four machines: to the first line, and many of them, against Ray's own ways."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from bench.harness.bench import CLIENTS, run_client
from bench.harness.jobs import FIRST_LINE, LOG_GROUP, Jobs
from bench.harness.machine_groups import cpu_s
from bench.harness.machines import missing
from bench.harness.peers import PeerMissing
from bench.harness.processes import cpu_s as process_cpu_s
from bench.harness.ray_cluster import RayCluster, ray_cluster
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench

NODES, CPUS = 4, 4
TURNS = 8
SLOW_TURNS = 3
JOBS, RAY_JOBS = 500, 40
CREATORS = 4
LOOK_S = 0.2
FIRST = "one host: to the script's first line"
DONE = "one host: to its end, as a client sees it"
FIRST_OF_ALL = f"{NODES} hosts: until all have printed their first line"
DRAINED, CPU = f"{JOBS} jobs of an empty script", f"{JOBS} jobs: CPU of the cluster and the server for one"
SUBMIT, TRAIN, TASKS = "ray job submit, from a warm client", "Ray Train", "Ray tasks that run the script"
SUBMIT_MANY = f"{SUBMIT} ({RAY_JOBS} jobs)"


def measure(bench: Bench) -> Result:
    result = Result(f"Jobs on a Ray cluster of {NODES} machines")
    if why := missing():
        result.notes.append(f"left out: {why}")
        return result
    try:
        with ray_cluster(NODES, cpus=CPUS, dashboard=bench.with_peers, shown=[bench.folder]) as cluster:
            _clary(bench, cluster, result)
            if bench.with_peers:
                _peers(bench, cluster, result)
    except PeerMissing as error:
        result.notes.append(str(error))
        return result
    for what in (FIRST, FIRST_OF_ALL):
        own, best = result.median(what), result.best_peer(what)
        if own is not None and best is not None:
            result.budget_at_least(f"{what}: ahead of {best.who}", best.median / own, 1.0, "times")
    result.notes.append(
        "Clary's end is seen by a client that asks every 20 ms; that of ray job submit, 50 ms"
    )
    result.notes.append("each node has 4 CPUs by its own account; a job and a task take 2 of them")
    return result


def _clary(bench: Bench, cluster: RayCluster, result: Result) -> None:
    settings = {
        "CLARY_COMPUTE": cluster.client_address,
        "CLARY_RAY_PYTHON": str(cluster.programs / "python"),
        "CLARY_RAY_FOLDER": "/tmp/clary-nodes",
        "CLARY_HOST": cluster.machines.address,
        **cluster.access,
    }
    with clary_server(bench.folder, settings, address=cluster.machines.address) as served:
        jobs = Jobs.on(served)
        script = jobs.send_script("first-line", FIRST_LINE)
        names = (f"start-{number}" for number in itertools.count())
        for _ in range(2):
            # Every node has the environment then.
            _on_all(jobs, next(names), script)
        seen = [_one(jobs, next(names), script) for _ in range(TURNS)]
        result.add(FIRST, CLARY, "s", [first for first, _ in seen])
        result.add(DONE, CLARY, "s", [done for _, done in seen])
        result.add(FIRST_OF_ALL, CLARY, "s", [_on_all(jobs, next(names), script) for _ in range(TURNS)])
        count: Callable[[], float] = lambda: _cluster_cpu_s(cluster) + process_cpu_s(served.pid)  # noqa: E731
        before_s = count()
        result.add(DRAINED, CLARY, "jobs/s", [_drained(jobs)])
        result.add(CPU, CLARY, "s", [(count() - before_s) / JOBS])


def _one(jobs: Jobs, name: str, script: dict[str, str]) -> tuple[float, float]:
    began = time.time()
    jobs.run(name, script)
    done = time.time()
    return jobs.first_line_at(name) - began, done - began


def _on_all(jobs: Jobs, name: str, script: dict[str, str]) -> float:
    request = jobs.request(name, script)
    request["ResourceConfig"]["InstanceCount"] = NODES
    began = time.time()
    jobs.sagemaker.create_training_job(**request)
    jobs.wait(name)
    at = []
    for number in range(NODES):
        stream = jobs.logs.describe_log_streams(
            logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/algo-{number + 1}"
        )["logStreams"][0]["logStreamName"]
        events = jobs.logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True)
        at += [
            float(each["message"].split()[2]) for each in events["events"] if "first line" in each["message"]
        ]
    return max(at) - began


def _drained(jobs: Jobs) -> float:
    script = jobs.send_script("empty", "")
    names = [f"drain-{number}" for number in range(JOBS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(CREATORS) as pool:
        list(pool.map(lambda name: jobs.sagemaker.create_training_job(**jobs.request(name, script)), names))
    while jobs.sagemaker.list_training_jobs(StatusEquals="InProgress", MaxResults=1)["TrainingJobSummaries"]:
        time.sleep(LOOK_S)
    seconds = time.perf_counter() - began
    pages = jobs.sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains="drain-", StatusEquals="Completed"
    )
    completed = sum(len(page["TrainingJobSummaries"]) for page in pages)
    if completed != JOBS:
        raise RuntimeError(f"only {completed} of {JOBS} jobs completed")
    return JOBS / seconds


def _peers(bench: Bench, cluster: RayCluster, result: Result) -> None:
    script = bench.folder / "script.py"
    script.write_text(FIRST_LINE)
    submitted = [_submitted(cluster, script) for _ in range(SLOW_TURNS)]
    result.add(FIRST, SUBMIT, "s", [each["first_line_s"] for each in submitted])
    result.add(DONE, SUBMIT, "s", [each["done_s"] for each in submitted])
    storage = bench.folder / "train"
    storage.mkdir()
    for workers, what in ((1, FIRST), (NODES, FIRST_OF_ALL)):
        seen = _on_head(cluster, "trained", storage=str(storage), workers=workers, turns=SLOW_TURNS)
        result.add(what, TRAIN, "s", [each["first_line_s"] for each in seen])
        if workers == 1:
            result.add(DONE, TRAIN, "s", [each["done_s"] for each in seen])
    script.write_text("")
    before_s = _cluster_cpu_s(cluster)
    seen = _submitted(cluster, script, RAY_JOBS)
    result.add(DRAINED, SUBMIT_MANY, "jobs/s", [RAY_JOBS / seen["done_s"]])
    result.add(CPU, SUBMIT_MANY, "s", [(_cluster_cpu_s(cluster) - before_s) / RAY_JOBS])
    before_s = _cluster_cpu_s(cluster)
    seen = _on_head(cluster, "tasks", script=str(script), python=sys.executable, count=JOBS)
    result.add(DRAINED, TASKS, "jobs/s", [JOBS / seen["done_s"]])
    result.add(CPU, TASKS, "s", [(_cluster_cpu_s(cluster) - before_s) / JOBS])


def _submitted(cluster: RayCluster, script: Path, count: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = run_client(
        "ray_jobs.py",
        cluster.environ,
        python=cluster.programs / "python",
        address=cluster.jobs_address,
        command=f"{sys.executable} {script}",
        count=count,
    )
    return found


def _on_head(cluster: RayCluster, what: str, **arguments: Any) -> Any:
    """The answer of a driver on the head."""
    said = {"address": cluster.address, "what": what, **arguments}
    command = [cluster.programs / "python", CLIENTS / "ray_train.py", json.dumps(said)]
    with contextlib.suppress(IndexError):
        return json.loads(
            cluster.head.run(command, environ=cluster.environ, timeout_s=300).strip().splitlines()[-1]
        )
    raise RuntimeError(f"the driver of {what} said nothing")


def _cluster_cpu_s(cluster: RayCluster) -> float:
    return sum(cpu_s(machine.groups) for machine in cluster.machines.all)
