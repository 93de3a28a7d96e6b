"""Autopilot's time to its first candidate and to its end, beside its engine by hand on the same table."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Any

from bench.harness.autopilot import run_autopilot
from bench.harness.bench import run_client
from bench.harness.environments import environment
from bench.harness.jobs import Jobs
from bench.harness.processes import clean_environ
from bench.harness.real_tables import real_tables
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from bench.harness.bench import Bench

ENGINE = "AutoGluon by hand"
FIRST, END = "until the first candidate", "until the end"
PER_JOB_S = 60


def measure(bench: Bench) -> Result:
    result = Result("Autopilot's time")
    table = real_tables()[0]
    train, test = table.split()
    paths = {name: bench.folder / f"{name}.csv" for name in ("train", "test")}
    train.to_csv(paths["train"], index=False)
    test.to_csv(paths["test"], index=False)
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)

        turn = count()

        def own() -> tuple[float, float]:
            name = f"time-{next(turn)}"
            run = run_autopilot(
                jobs, name, table, train, mode="ENSEMBLING", candidates=10, per_job_s=PER_JOB_S
            )
            return run.first_s, run.seconds

        def by_hand() -> tuple[float, float]:
            found: Any = run_client(
                "automl_by_hand.py",
                {**clean_environ(), "PYTHONWARNINGS": "ignore"},
                python=environment("clary-automl") / "bin" / "python",
                how="engine",
                preset="medium",
                time_limit_s=10 * PER_JOB_S,
                cpus=os.cpu_count() or 1,
                problem_type=table.problem_type,
                train=str(paths["train"]),
                test=str(paths["test"]),
            )
            return found["first_s"], found["seconds"]

        turns = bench.in_turns({CLARY: own, ENGINE: by_hand}, result.notes)
    for who, values in turns.items():
        result.add(FIRST, who, "s", [first for first, _ in values])
        result.add(END, who, "s", [end for _, end in values])
    result.notes.append(
        "breast cancer, 398 rows. Autopilot: analysis, 9 candidates, each cross-validated in 5 folds in a "
        "job of its own, their ensemble, two reports. By hand: one process, one holdout, default models"
    )
    return result
