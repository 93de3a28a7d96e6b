"""How good Autopilot's best candidate is on held-out rows, beside its engine by hand and five models.

The engine by hand gets the time that the Autopilot job took, and the same rows. "Not worse" means that the
difference on the held-out rows is within what other rows could have given: a bootstrap's 95 % interval.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.harness.autopilot import predict, run_autopilot
from bench.harness.bench import run_client
from bench.harness.environments import environment
from bench.harness.jobs import Jobs
from bench.harness.processes import clean_environ
from bench.harness.real_tables import TARGET, real_tables
from bench.harness.results import CLARY, Listing, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.bench import Bench
    from bench.harness.real_tables import RealTable

CANDIDATES, PER_JOB_S = 10, 60
ENGINE, PRESETS, FIVE = "AutoGluon by hand", "AutoGluon by hand, its best preset", "best of five models"
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Contestant:
    """losses: of each held-out row. note: what it was."""

    losses: Any
    note: str


def measure(bench: Bench) -> Result:
    result = Result("Quality of Autopilot on real tables")
    rows = []
    not_worse = {ENGINE: 0, PRESETS: 0, FIVE: 0}
    tables = real_tables()
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        for number, table in enumerate(tables):
            found = _contestants(bench, jobs, f"quality-{number}", table)
            rows.append(_line(table, found))
            for who in not_worse:
                not_worse[who] += _is_not_worse(table, found[CLARY].losses, found[who].losses)
            print(" | ".join(rows[-1]), flush=True)
    heads = ("table", "measure", CLARY, ENGINE, PRESETS, FIVE, "Clary's best candidate", "seconds")
    result.listings.append(Listing("Held-out rows", heads, tuple(rows)))
    for who, count in not_worse.items():
        result.budget_at_least(
            f"tables where Autopilot is not worse than {who}", count, len(tables), "tables"
        )
    result.notes.append(
        f"30 % of the rows are held out; MaxCandidates {CANDIDATES}, {PER_JOB_S} s each. Lower is better for "
        "RMSE. A star marks a difference that other held-out rows would not explain (95 %)"
    )
    return result


def _contestants(bench: Bench, jobs: Jobs, name: str, table: RealTable) -> dict[str, Contestant]:
    train, test = table.split()
    truth = test[TARGET]
    run = run_autopilot(
        jobs, name, table, train, mode="ENSEMBLING", candidates=CANDIDATES, per_job_s=PER_JOB_S
    )
    labels = predict(jobs, name, run, test)
    best = f"{run.best['CandidateName']} of {run.candidates}; {run.seconds:.0f}"
    found = {CLARY: Contestant(table.losses(truth, labels), best)}
    paths = {"train": bench.folder / f"{name}-train.csv", "test": bench.folder / f"{name}-test.csv"}
    train.to_csv(paths["train"], index=False)
    test.to_csv(paths["test"], index=False)
    for who, preset in ((ENGINE, "medium"), (PRESETS, "best")):
        answer = _by_hand(paths, table, how="engine", preset=preset, time_limit_s=run.seconds)
        found[who] = Contestant(table.losses(truth, answer["predicted"]), f"{answer['seconds']:.0f} s")
    models = _by_hand(paths, table, how="five")["models"]
    losses = {model: table.losses(truth, labels) for model, labels in models.items()}
    best_model = min(losses, key=lambda model: losses[model].mean())
    found[FIVE] = Contestant(losses[best_model], best_model)
    return found


def _by_hand(paths: dict[str, Path], table: RealTable, **asked: Any) -> Any:
    return run_client(
        "automl_by_hand.py",
        {**clean_environ(), "PYTHONWARNINGS": "ignore"},
        python=environment("clary-automl") / "bin" / "python",
        timeout_s=900.0,
        train=str(paths["train"]),
        test=str(paths["test"]),
        problem_type=table.problem_type,
        cpus=os.cpu_count() or 1,
        **asked,
    )


def _line(table: RealTable, found: dict[str, Contestant]) -> tuple[str, ...]:
    own = found[CLARY]
    cells = [table.name, "RMSE" if table.is_regression else "accuracy", f"{table.score(own.losses):.4g}"]
    for who in (ENGINE, PRESETS, FIVE):
        star = "" if _is_not_worse(table, own.losses, found[who].losses) else " *"
        note = f" ({found[who].note})" if who == FIVE else ""
        cells.append(f"{table.score(found[who].losses):.4g}{note}{star}")
    candidate, _, seconds = own.note.partition("; ")
    return (*cells, candidate, seconds)


def _is_not_worse(table: RealTable, own: Any, other: Any) -> bool:
    """Draws held-out rows again and again, the same for both, and asks whether it could have been even."""
    draws = np.random.default_rng(0).integers(0, len(own), (DRAWS, len(own)))
    differences = own[draws].mean(axis=1) - other[draws].mean(axis=1)
    return bool(np.quantile(differences, 0.025) <= 0)
