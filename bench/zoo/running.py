"""Runs a training of the zoo, with capture and rules as in a job."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import clary.debugger
import clary.host
from bench.harness.processes import clean_environ
from bench.zoo.rule_sets import configurations
from clary.compute.environments import Catalogue, Environments, environments_root

if TYPE_CHECKING:
    from bench.zoo.catalogue import Training

SCRIPTS = Path(__file__).parent / "trainings"
IMAGES = {False: "pytorch-training:2.13.0-cpu-py311", True: "sagemaker-xgboost:3.2.0"}
TIMEOUT_S = 300.0

# Every tenth training step, and all validation steps. The SDK's default of 500 is for thousands of steps.
OF_NETWORKS = {
    "HookParameters": {"train.save_interval": "10", "eval.save_interval": "1"},
    "CollectionConfigurations": [
        {"CollectionName": "everything", "CollectionParameters": {"include_regex": ".*"}},
        *({"CollectionName": name} for name in ("weights", "biases", "gradients", "losses")),
    ],
}
OF_TREES = {
    "HookParameters": {"save_interval": "1"},
    "CollectionConfigurations": [
        {"CollectionName": name}
        for name in ("metrics", "losses", "predictions", "labels", "feature_importance", "trees")
    ],
}


@dataclass(frozen=True, slots=True)
class Firing:
    """The first firing of a rule in one set."""

    rule: str
    step: int
    tensor: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The firings of each set of rules. errors: rules that could not be evaluated, with the reason."""

    training: Training
    firings: dict[str, list[Firing]]
    errors: list[str]


def run(training: Training, seed: int, folder: Path) -> Verdict:
    """Trains with ``seed`` and evaluates the rules. Leaves no files in ``folder``.

    Raises RuntimeError when the training or the evaluation fails.
    """
    folder.mkdir(parents=True)
    try:
        capture(training, seed, folder)
        return evaluate(training, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def capture(training: Training, seed: int, folder: Path) -> None:
    """Runs the script with the injected hook, which writes tensors to ``folder/tensors``."""
    library = folder / "lib"
    (library / "clary").mkdir(parents=True)
    (library / "clary/debugger").symlink_to(Path(clary.debugger.__file__).parent)
    hook = OF_TREES if training.boosted else OF_NETWORKS
    config = folder / "debughookconfig.json"
    config.write_text(json.dumps({"LocalPath": str(folder / "tensors"), **hook}))
    environ = {
        **clean_environ(),
        "PYTHONPATH": str(Path(clary.host.__file__).parent / "injected/site"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CLARY_LIBRARY": str(library),
        "SMDEBUG_CONFIG_FILE_PATH": str(config),
        "SAGEMAKER_METRICS_DIRECTORY": str(folder),
        # With more threads, sums would be computed in a different order in each run.
        "OMP_NUM_THREADS": "1",
    }
    script = str(SCRIPTS / training.script)
    _finish([_python(training.boosted), script, training.name, str(seed)], environ)


def evaluate(training: Training, folder: Path) -> Verdict:
    """Evaluates the rules on ``folder/tensors``, with the evaluator's command as in a job."""
    config, findings = folder / "rules.json", folder / "findings.jsonl"
    config.write_text(json.dumps({"DebugRuleConfigurations": configurations(training)}))
    arguments = {
        "config": config,
        "trial": folder / "tensors",
        "findings": findings,
        "output": folder / "out",
    }
    command = [sys.executable, "-m", "clary.debugger.rules"]
    for name, path in arguments.items():
        command += [f"--{name}", str(path)]
    _finish(command, {**clean_environ(), "OMP_NUM_THREADS": "1"})
    return read_verdict(training, findings)


def read_verdict(training: Training, findings: Path) -> Verdict:
    first: dict[str, Firing] = {}
    last_status: dict[str, dict[str, Any]] = {}
    for line in findings.read_text().splitlines():
        event = json.loads(line)
        name = event["RuleConfigurationName"]
        if event["Kind"] == "Finding" and name not in first:
            rule = name.partition(".")[2]
            first[name] = Firing(rule, event["Step"], event["Tensor"], event["Message"])
        elif event["Kind"] == "Status":
            last_status[name] = event
    firings: dict[str, list[Firing]] = {}
    for name, firing in first.items():
        firings.setdefault(name.partition(".")[0], []).append(firing)
    errors = [
        f"{training.name}: {name}: {event['StatusDetails']}"
        for name, event in last_status.items()
        if event["RuleEvaluationStatus"] not in ("IssuesFound", "NoIssuesFound")
    ]
    return Verdict(training, firings, errors)


@functools.cache
def _python(boosted: bool) -> str:
    """The interpreter of an image's environment. If it does not exist, it is built as for a job."""
    root = environments_root()
    recipe = Catalogue.load().resolve(IMAGES[boosted], gpu=False)
    environment = Environments(root).build(recipe, lambda progress: None)
    return os.path.join(environment.prefix, "bin/python")


def _finish(command: list[str], environ: dict[str, str]) -> None:
    ended = subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
    )
    if ended.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout[-3000:]}")
