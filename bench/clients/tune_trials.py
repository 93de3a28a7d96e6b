"""Runs an empty script as a process for each trial, with Optuna or with Ray Tune, in its environment."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from typing import Any


def by_optuna(program: str, trials: int, parallel: int) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: Any) -> float:
        return _run(program, trial.suggest_float("rate", 0.0, 1.0))

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=trials, n_jobs=parallel)


def by_ray(program: str, trials: int, parallel: int) -> None:
    from ray import tune

    def objective(config: dict[str, float]) -> dict[str, float]:
        return {"loss": _run(program, config["rate"])}

    random.seed(0)
    tune.Tuner(
        tune.with_resources(objective, {"cpu": 0.01}),
        param_space={"rate": tune.uniform(0, 1)},
        tune_config=tune.TuneConfig(
            num_samples=trials, max_concurrent_trials=parallel, metric="loss", mode="min"
        ),
    ).fit()


def _run(program: str, rate: float) -> float:
    ended = subprocess.run(
        [sys.executable, program, "--rate", str(rate)], capture_output=True, text=True, check=True
    )
    return float(ended.stdout.rpartition("loss=")[2])


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    run = by_optuna if asked.pop("engine") == "optuna" else by_ray
    began = time.time()
    run(**asked)
    print("\n" + json.dumps({"seconds": time.time() - began}))
