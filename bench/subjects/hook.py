"""The time that the debug hook adds to the steps of a PyTorch training, compared with the real smdebug."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import clary.debugger
from bench.harness.bench import run_client
from bench.harness.peers import PeerMissing
from bench.harness.processes import clean_environ
from bench.harness.results import CLARY, Result
from clary.compute.environments import environments_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.harness.bench import Bench

SMDEBUG = "smdebug"
MODELS = {"mlp": "MLP", "lenet": "LeNet"}
EVERYTHING = {"CollectionName": "everything", "CollectionParameters": {"include_regex": ".*"}}


@dataclass(frozen=True, slots=True)
class Setting:
    """One configuration. wait: a step ends only when its bytes are on disk."""

    name: str
    hook: dict[str, str]
    collections: tuple[dict[str, Any], ...]
    blocks: int
    steps: int
    wait: bool = False


SETTINGS = (
    Setting("default hook", {}, (), blocks=20, steps=10),
    Setting(
        "weights, gradients every 10",
        {"save_interval": "10"},
        ({"CollectionName": "weights"}, {"CollectionName": "gradients"}),
        blocks=10,
        steps=10,
    ),
    Setting("everything every step", {"save_interval": "1"}, (EVERYTHING,), blocks=6, steps=5, wait=True),
)


def measure(bench: Bench) -> Result:
    result = Result("Debug hook: steps of a PyTorch training")
    python = _python()
    folders = (bench.folder / str(number) for number in itertools.count())
    for setting, model in itertools.product(SETTINGS, MODELS):
        what = f"{MODELS[model]}, {setting.name}"
        turns: dict[str, Callable[[], dict[str, Any]]] = {
            who: partial(_run, python, folders, who.lower(), model, setting)
            for who in (CLARY, SMDEBUG)
            if who == CLARY or bench.with_peers
        }
        found = bench.in_turns(turns, result.notes)
        ours = found[CLARY]
        result.add(f"{what}: a step", "no hook", "ms", [1000 * median(each["bare"]) for each in ours])
        for who, ran in found.items():
            result.add(f"{what}: a step", who, "ms", [1000 * median(each["hooked"]) for each in ran])
        if setting.wait:
            for who, ran in found.items():
                result.add(f"{what}: added to a step", who, "ms", [1000 * _added(each) for each in ran])
            size = f"{ours[0]['bytes'] / 1e6:.0f} MB"
            plain = [1000 * median(each["write"]) for each in ours]
            result.add(f"{what}: added to a step", f"plain write, {size}", "ms", plain)
        ratios = ", ".join(f"{who} {median(map(_ratio, ran)):.3f}" for who, ran in found.items())
        result.notes.append(f"{what}: a step over a bare step: {ratios}")
        _add_budgets(result, setting, what, ours)
    result.notes.append("MLP: 4 layers of 1,024 units, batch 64; LeNet: 28 x 28, batch 128")
    result.notes.append(
        "bare and hooked steps take turns in blocks within one process; ratios are medians over neighbours; "
        "one thread computes, so that the writer has a core where there are two"
    )
    return result


def _add_budgets(result: Result, setting: Setting, what: str, ours: list[dict[str, Any]]) -> None:
    if setting.wait:
        over = median(map(_over_write, ours))
        result.budget_at_most(f"{what}: adds at most 1.2 times a plain write", over, 1.2, "times")
    else:
        limit = 1.05 if setting.collections else 1.01
        ratio = median(map(_ratio, ours))
        result.budget_at_most(f"{what}: at most {limit} of a bare step", ratio, limit, "times")


def _run(python: Path, folders: Iterator[Path], hook: str, model: str, setting: Setting) -> dict[str, Any]:
    folder = next(folders)
    library = folder / "lib/clary"
    library.mkdir(parents=True)
    (library / "debugger").symlink_to(Path(clary.debugger.__file__).parent)
    document = {
        "LocalPath": str(folder / "tensors"),
        "HookParameters": setting.hook,
        "CollectionConfigurations": list(setting.collections),
    }
    config = folder / "debughookconfig.json"
    config.write_text(json.dumps(document))
    # Compute with one thread: with other load on the machine, two would wait for each other.
    environ = {**clean_environ(), "PYTHONPATH": str(library.parent), "OMP_NUM_THREADS": "1"}
    ran: dict[str, Any] = run_client(
        "hook_steps.py",
        environ,
        python=python,
        hook=hook,
        model=model,
        config=str(config),
        folder=str(folder),
        blocks=setting.blocks,
        steps=setting.steps,
        wait=setting.wait,
    )
    return ran


def _ratio(ran: dict[str, Any]) -> float:
    return float(median(hooked / bare for bare, hooked in zip(ran["bare"], ran["hooked"], strict=True)))


def _added(ran: dict[str, Any]) -> float:
    return float(median(hooked - bare for bare, hooked in zip(ran["bare"], ran["hooked"], strict=True)))


def _over_write(ran: dict[str, Any]) -> float:
    blocks = zip(ran["bare"], ran["hooked"], ran["write"], strict=True)
    return float(median((hooked - bare) / write for bare, hooked, write in blocks))


def _python() -> Path:
    """The Python of one environment for all: torch, the real smdebug, and a numpy that its writer accepts."""
    found = sorted((environments_root().parent / "clients").glob("smdebug-torch-*/bin/python"))
    if not found:
        raise PeerMissing(
            "no environment has torch and smdebug; tests/journeys/clients.py builds smdebug-torch"
        )
    return found[0]
