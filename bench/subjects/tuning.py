"""Tuning: what a trial costs beside its script, what a suggestion costs, and how good the values become."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from bench.harness.bench import run_client
from bench.harness.jobs import Jobs
from bench.harness.objective_functions import FUNCTIONS
from bench.harness.peers import PeerMissing, peer_environment
from bench.harness.processes import clean_environ
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from clary.kinds.hyper_parameter_tuning_job.search import (
    Categories,
    Past,
    Scale,
    Strategy,
    TrialSearch,
    suggest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness.bench import Bench
    from bench.harness.objective_functions import ObjectiveFunction
    from clary.kinds.hyper_parameter_tuning_job.search import Parameter

TRIALS, PARALLEL, SEEDS = 200, 4, 20
RAY_TRIALS = 40
"""Each takes seconds, because a trial is a new process of Ray's."""
HISTORY = (0, 50, 200)
"""Trials that are known when a suggestion is measured."""

OPTUNA, RANDOM, RAY = "Optuna called directly", "Optuna's random search", "Ray Tune"
PER_TRIAL = f"a trial of an empty script, {PARALLEL} at once"
SCRIPT = """import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
print(f"loss={parser.parse_args().rate:.6f}")
"""


def measure(bench: Bench) -> Result:
    result = Result("Tuning")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    _add_values(result)
    _add_suggestions(result)
    _add_trials(result, bench)
    for function in FUNCTIONS:
        what = _best(function)
        own, peer = result.median(what), result.median(what, OPTUNA)
        if own is not None and peer is not None:
            # Both are draws: half of the distance between chance and Optuna is more than they differ by luck.
            chance = result.median(what, RANDOM) or peer
            result.budget_at_most(f"as good as Optuna: {function.name}", own, (peer + chance) / 2, "off")
    result.budget_at_most("a suggestion after 200 trials under 50 ms", result.median(_cost(200)), 50.0, "ms")
    result.notes.append(
        f"trials: {TRIALS}, of Ray Tune {RAY_TRIALS}, with its start; {PARALLEL} at once. Values: medians of "
        f"{SEEDS} seeds. Suggestions: the study is built anew for each. A trial of Clary is a training job "
        "with a sandbox, a log and a stored model; of the others, a bare process"
    )
    return result


def _best(function: ObjectiveFunction) -> str:
    return f"distance from the minimum of {function.name} after {function.trials} trials"


def _cost(known: int) -> str:
    return f"a suggestion after {known} trials"


def _add_values(result: Result) -> None:
    samplers: dict[str, Callable[[int], Any]] = {
        OPTUNA: lambda seed: optuna.samplers.TPESampler(seed=seed),
        RANDOM: lambda seed: optuna.samplers.RandomSampler(seed=seed),
    }
    for function in FUNCTIONS:
        result.add(_best(function), CLARY, "off", [_own_best(function, seed) for seed in range(SEEDS)])
        for who, sampler in samplers.items():
            found = [_peer_best(function, sampler(seed), seed) for seed in range(SEEDS)]
            result.add(_best(function), who, "off", found)


def _own_best(function: ObjectiveFunction, seed: int) -> float:
    """With trials that end in the order in which they began."""
    noise = random.Random(seed)
    search = TrialSearch(Strategy.BAYESIAN, seed, function.space, maximize=False)
    values: list[float] = []
    while len(values) < function.trials:
        running = len(search.past) - len(values)
        free = min(PARALLEL - running, function.trials - len(search.past))
        new = [Past(found, ended=False) for _, found in suggest([search], len(search.past), free)]
        past = [*search.past, *new]
        oldest = len(values)
        values.append(function.value(past[oldest].values, noise))
        past[oldest] = Past(past[oldest].values, values[-1])
        search = replace(search, past=tuple(past))
    return min(values) - function.lowest


def _peer_best(function: ObjectiveFunction, sampler: Any, seed: int) -> float:
    noise = random.Random(seed)
    study = optuna.create_study(sampler=sampler)
    distributions = {parameter.name: _distribution(parameter) for parameter in function.space}
    running: list[Any] = []
    for _ in range(function.trials):
        while len(running) < PARALLEL and len(study.trials) < function.trials:
            running.append(study.ask(distributions))
        trial = running.pop(0)
        study.tell(trial, function.value(trial.params, noise))
    return float(study.best_value) - function.lowest


def _distribution(parameter: Parameter) -> Any:
    if isinstance(parameter, Categories):
        return CategoricalDistribution(parameter.choices)
    log = parameter.scale is Scale.LOGARITHMIC
    if parameter.whole:
        return IntDistribution(int(parameter.low), int(parameter.high), log=log)
    return FloatDistribution(parameter.low, parameter.high, log=log)


def _add_suggestions(result: Result) -> None:
    function = FUNCTIONS[-1]
    search = TrialSearch(Strategy.BAYESIAN, 0, function.space, maximize=False)
    noise = random.Random(0)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    distributions = {parameter.name: _distribution(parameter) for parameter in function.space}
    drawn = replace(search, strategy=Strategy.RANDOM)
    for known in HISTORY:
        while len(study.trials) < known:
            [(_, values)] = suggest([drawn], len(search.past), 1)
            search = replace(search, past=(*search.past, Past(values, function.value(values, noise))))
            trial = study.ask(distributions)
            study.tell(trial, function.value(trial.params, noise))
        own = [_ms(partial(suggest, [search], known + number, 1)) for number in range(10)]
        result.add(_cost(known), CLARY, "ms", own)
        peer = []
        for _ in range(10):
            peer.append(_ms(partial(study.ask, distributions)))
            study.tell(len(study.trials) - 1, state=optuna.trial.TrialState.FAIL)
        result.add(_cost(known), OPTUNA, "ms", peer)


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _add_trials(result: Result, bench: Bench) -> None:
    script = bench.folder / "script.py"
    script.write_text(SCRIPT)
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        _tuned(jobs, "warm", 2)
        result.add(PER_TRIAL, CLARY, "s", [_tuned(jobs, "tuned", TRIALS) / TRIALS])
    engines = {OPTUNA: ("optuna", sys.executable, TRIALS)}
    if bench.with_peers:
        try:
            engines[RAY] = ("ray", str(peer_environment("ray-tune") / "python"), RAY_TRIALS)
        except PeerMissing as missing:
            result.notes.append(str(missing))
    for who, (engine, python, trials) in engines.items():
        found = run_client(
            "tune_trials.py",
            {**clean_environ(), "RAY_USAGE_STATS_ENABLED": "0"},
            python=python,
            timeout_s=900.0,
            engine=engine,
            program=str(script),
            trials=trials,
            parallel=PARALLEL,
        )
        result.add(PER_TRIAL, who, "s", [found["seconds"] / trials])


def _tuned(jobs: Jobs, name: str, trials: int) -> float:
    """The seconds of a tuning job."""
    request = jobs.request(name, jobs.send_script("objective", SCRIPT))
    metrics = [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]
    members = ("RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    began = time.time()
    jobs.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": trials,
                "MaxParallelTrainingJobs": min(PARALLEL, trials),
            },
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0", "MaxValue": "1"}]
            },
        },
        TrainingJobDefinition={
            "StaticHyperParameters": request["HyperParameters"],
            "AlgorithmSpecification": {**request["AlgorithmSpecification"], "MetricDefinitions": metrics},
            **{member: request[member] for member in members},
        },
    )
    while True:
        job = jobs.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        if job["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"):
            break
        time.sleep(0.1)
    if job["TrainingJobStatusCounters"]["Completed"] != trials:
        raise RuntimeError(f"{name}: {job.get('FailureReason')}")
    return time.time() - began
