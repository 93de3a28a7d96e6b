"""Steps per second that rules evaluate, on the same trial: with one rule, and with all that apply."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.harness.bench import run_client
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ
from bench.harness.results import CLARY, Result
from bench.harness.servers import REGION
from bench.harness.trials import write_trial

if TYPE_CHECKING:
    from pathlib import Path

    from bench.harness.bench import Bench

SMDEBUG = "smdebug's invoke_rule"
ONE, ALL = "VanishingGradient", "all rules that apply"
THRESHOLD = 1e-7
SMALL_STEPS, BIG_STEPS = 1_000, 100
# A network of 20 layers: weights, biases and their gradients; 80 tensors with 0.2 MB or with 8 MB in total.
SMALL = {f"{kind}layer{n}.{part}": 1_000 if part == "weight" else 100
         for kind in ("", "gradient/") for n in range(20) for part in ("weight", "bias")}  # fmt: skip
BIG = {name: 50_000 if name.endswith("weight") else 100 for name in SMALL}

RULES: dict[str, dict[str, str]] = {
    "VanishingGradient": {"threshold": str(THRESHOLD)},
    "ExplodingTensor": {},
    "WeightUpdateRatio": {},
    "PoorWeightInitialization": {},
    "AllZero": {"collection_names": "weights,gradients"},
    "UnchangedTensor": {"collection_names": "weights"},
    "TensorVariance": {"collection_names": "weights", "max_threshold": "100"},
    "LossNotDecreasing": {},
    "Overfit": {},
    "Overtraining": {},
    "StalledTrainingRule": {},
}


def measure(bench: Bench) -> Result:
    result = Result("Evaluation of rules over a trial that is there")
    for title, steps, sizes in (
        ("80 tensors and 0.2 MB a step", SMALL_STEPS, SMALL),
        ("80 tensors and 8 MB a step", BIG_STEPS, BIG),
    ):
        folder = write_trial(bench.folder / str(steps), steps, sizes)
        one, every = f"{title}, {ONE}", f"{title}, {ALL} ({len(RULES)})"
        turns = {
            (one, CLARY): partial(_clary, folder, steps, [ONE]),
            (every, CLARY): partial(_clary, folder, steps, list(RULES)),
        }
        if bench.with_peers:
            turns[one, SMDEBUG] = partial(_smdebug, folder, steps)
        names = {f"{what} {who}": (what, who) for what, who in turns}
        found = bench.in_turns({name: turns[key] for name, key in names.items()}, result.notes)
        for name, seen in found.items():
            what, who = names[name]
            result.add(what, who, "steps/s", [each["steps"] / each["s"] for each in seen])
            cpu_ms = [1e3 * each["cpu_s"] / each["steps"] for each in seen]
            result.add(f"{what}: CPU a step", who, "ms", cpu_ms)
        single = {each["fired"] for name, seen in found.items() if names[name][0] == one for each in seen}
        if len(single) > 1:
            result.notes.append(f"{one}: not all found the same: {sorted(single)}")
    result.notes.append(
        "from opening the trial to the last verdict; smdebug's rule is its user's own with the same check; "
        "the library waits 1 s when it sees that a training has ended, which is in its figures"
    )
    return result


def _clary(folder: Path, steps: int, rules: list[str]) -> dict[str, float]:
    configurations: list[dict[str, Any]] = [
        {"RuleConfigurationName": rule, "RuleParameters": {"rule_to_invoke": rule, **RULES[rule]}}
        for rule in rules
    ]
    return _run("clary", sys.executable, folder, steps, configurations=configurations)


def _smdebug(folder: Path, steps: int) -> dict[str, float]:
    python = str(peer_environment("smdebug") / "python")
    return _run("smdebug", python, folder, steps, threshold=THRESHOLD)


def _run(library: str, python: str, folder: Path, steps: int, **options: Any) -> dict[str, float]:
    found: dict[str, float] = run_client(
        "evaluate_trial.py",
        {**clean_environ(), "AWS_REGION": REGION, "USE_SMDEBUG": "0"},
        python=python,
        library=library,
        path=str(folder),
        steps=steps,
        timeout_s=600,
        **options,
    )
    return found
