"""Runs Ray Train and Ray tasks from a driver on a node of the cluster. Runs in Ray's environment."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import ray


def trained(storage: str, workers: int, turns: int) -> list[dict[str, float]]:
    """Of each turn, seconds until the train function began on every worker, and until ``fit`` returned."""
    from ray.train import RunConfig, ScalingConfig, get_context, report
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    def loop() -> None:
        at = time.time()
        Path(storage, str(get_context().get_world_rank())).write_text(str(at))
        report({"at": at})

    found = []
    for turn in range(turns):
        config = RunConfig(name=f"turn-{workers}-{turn}", storage_path=storage)
        began = time.time()
        DataParallelTrainer(loop, scaling_config=ScalingConfig(num_workers=workers), run_config=config).fit()
        done_s = time.time() - began
        last = max(float(Path(storage, str(rank)).read_text()) for rank in range(workers))
        found.append({"first_line_s": last - began, "done_s": done_s})
    return found


def tasks(script: str, python: str, count: int) -> dict[str, float]:
    """Seconds until tasks have ended that each run a script in a Python of its own."""

    @ray.remote(num_cpus=2, scheduling_strategy="SPREAD")
    def run() -> None:
        subprocess.run([python, script], check=True)

    ray.get([run.remote() for _ in range(8)])  # workers are up
    began = time.time()
    ray.get([run.remote() for _ in range(count)])
    return {"done_s": time.time() - began}


def main(address: str, what: str, **arguments: Any) -> Any:
    ray.init(address, log_to_driver=False)
    return {"trained": trained, "tasks": tasks}[what](**arguments)


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
