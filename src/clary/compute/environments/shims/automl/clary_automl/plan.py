"""What an AutoML job tries: candidates of the engine, or feature pipelines with tuned algorithms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .config import Config
from .engine import ENSEMBLE, FAMILIES
from .ranges import ALGORITHMS
from .schema import Schema
from .trouble import BadInput

ENSEMBLING, TUNING = "ENSEMBLING", "HYPERPARAMETER_TUNING"
MOST_CANDIDATES = 10
MOST_CROSS_VALIDATED_ROWS = 50_000
"""As AWS has it: more rows give a split that says enough."""
AUTO_BYTES = 100 << 20
"""AWS's AUTO ensembles below that, and tunes above."""
DEFAULT_TIME_LIMIT_S, SMALL_TIME_LIMIT_S = 300.0, 60.0
"""Of a candidate, when the user gives no limit: of a large table, and of one with nothing in it."""
LARGE_CELLS = 500_000
ENSEMBLE_SHARES = 2.0
"""The ensemble gets as much time as two candidates of one family."""
_START_S = 15.0
"""What of a job's time limit its start, its predictions and its upload may take."""
PIPELINES = ("dpp0", "dpp1", "dpp2")


def make_plan(
    schema: Schema, config: Config, *, rows: int, size_bytes: int = 0, given_split: bool = False
) -> dict[str, Any]:
    """given_split: the user says what the validation data are, so nothing is cross-validated."""
    mode = config.mode
    if mode == "AUTO":
        mode = ENSEMBLING if size_bytes < AUTO_BYTES else TUNING
    plan = {
        "version": 1,
        "mode": mode,
        "problem_type": schema.problem_type,
        "metric": schema.metric_name,
        "direction": "Maximize" if schema.metric.maximize else "Minimize",
        "objective": f"validation:{schema.metric.log_name}",
        "classes": schema.classes or None,
        "rows": rows,
        "columns": [
            {"name": each.name, "type": each.kind, "missing": each.missing} for each in schema.columns
        ],
        "left_out": [{"name": each.name, "why": each.why} for each in schema.columns if not each.used],
        "candidates": [],
        "pipelines": [],
        "definitions": [],
    }
    if mode == ENSEMBLING:
        cross_validate = not given_split and rows <= MOST_CROSS_VALIDATED_ROWS
        plan["candidates"] = _candidates(
            config, cross_validate=cross_validate, default_s=_default_limit_s(rows, schema)
        )
    else:
        plan |= _definitions(config)
    return plan


def _candidates(config: Config, *, cross_validate: bool, default_s: float) -> list[dict[str, Any]]:
    families = _allowed(config.algorithms, {name: family.algorithm for name, family in FAMILIES.items()})
    most = min(config.max_candidates or MOST_CANDIDATES, MOST_CANDIDATES)
    # The ensemble has the best chance, so it is never left out. It is last, because it takes longest.
    names = [*families[: most - 1], ENSEMBLE]
    limit_s = time_limit_s(config, len(names) - 1 + ENSEMBLE_SHARES, default_s)
    common = {"_seed": str(config.seed), "_cross_validation": str(cross_validate).lower()}
    found = []
    for name in names:
        of_plan = {
            "_time_limit_s": f"{limit_s if name != ENSEMBLE else _ensemble_limit_s(config, limit_s):.0f}"
        }
        more = {"families": ",".join(families)} if name == ENSEMBLE and config.algorithms else {}
        found.append({"name": name, "hyperparameters": {"candidate": name, **more, **common, **of_plan}})
    return found


def _default_limit_s(rows: int, schema: Schema) -> float:
    share = min(1.0, rows * len(schema.features) / LARGE_CELLS)
    return SMALL_TIME_LIMIT_S + share * (DEFAULT_TIME_LIMIT_S - SMALL_TIME_LIMIT_S)


def time_limit_s(config: Config, shares: float, default_s: float) -> float:
    """Returns the seconds that one of ``shares`` candidates may fit."""
    limits = [default_s]
    if config.max_runtime_per_training_job_s:
        limits = [_within(config.max_runtime_per_training_job_s)]
    if config.max_runtime_s:
        limits.append(_within(config.max_runtime_s / shares))
    return min(limits)


def _ensemble_limit_s(config: Config, limit_s: float) -> float:
    most = ENSEMBLE_SHARES * limit_s
    if config.max_runtime_per_training_job_s:
        most = min(most, _within(config.max_runtime_per_training_job_s))
    return most


def _within(job_s: float) -> float:
    return max(5.0, job_s - _START_S, 0.5 * job_s if job_s < 2 * _START_S else 0.0)


def _definitions(config: Config) -> dict[str, Any]:
    algorithms = _allowed(config.algorithms, {name: name for name in ALGORITHMS})
    names = [(pipeline, algorithm) for pipeline in PIPELINES for algorithm in algorithms]
    used = dict.fromkeys(pipeline for pipeline, _ in names)
    common = {"_seed": str(config.seed)}
    of_trials = dict(common)
    if config.max_runtime_per_training_job_s:
        of_trials["_time_limit_s"] = f"{_within(config.max_runtime_per_training_job_s):.0f}"
    return {
        "pipelines": [{"name": name, "hyperparameters": {"pipeline": name, **common}} for name in used],
        "definitions": [
            {
                "name": f"{pipeline}-{algorithm}",
                "pipeline": pipeline,
                "hyperparameters": {"algorithm": algorithm, **of_trials},
                "ranges": asdict(ALGORITHMS[algorithm]),
            }
            for pipeline, algorithm in names
        ],
    }


def _allowed(asked: list[str] | None, algorithms: dict[str, str]) -> list[str]:
    """algorithms: our name to AWS's. Returns ours of those that were asked for. Raises BadInput."""
    if not asked:
        return list(algorithms)
    found = [name for name, algorithm in algorithms.items() if algorithm in asked]
    if not found:
        known = ", ".join(dict.fromkeys(algorithms.values()))
        raise BadInput(f"AutoMLAlgorithms names {', '.join(asked)}; this mode has {known} here.")
    return found
