"""What was captured: steps, modes, workers, collections, and how much of it there is."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import regex  # type: ignore[import-untyped]

from clary.debugger.tensors.layout import parse_step_file

from .door import TENSORS
from .thinning import thinned

if TYPE_CHECKING:
    from clary.debugger.trial import Trial

    from .door import Door
    from .shelf import ReadTrial

Document = dict[str, Any]

MOST_STEPS = 2_000
MOST_FILES = 100_000
MOST_COLLECTIONS = 200
MOST_PROBLEMS = 20
MATCHING_S = 0.2
"""For the expressions of one collection, which users write: some would take years."""


def overview(door: Door, found: ReadTrial) -> Document:
    trial = found.trial
    steps = trial.steps()
    by_mode: dict[str, list[int]] = defaultdict(list)
    modes = {}
    for step in steps:
        there = trial.step(step)
        modes[step] = there.mode.name, there.mode_step
        by_mode[there.mode.name].append(step)
    shown = thinned(steps, MOST_STEPS)
    sizes, count, is_whole = _sizes(door)
    return {
        "Ended": trial.ended,
        "StepCount": len(steps),
        "Steps": [{"Step": step, "Mode": modes[step][0], "ModeStep": modes[step][1]} for step in shown],
        "Modes": [
            {"Mode": mode, "StepCount": len(those), "First": those[0], "Last": those[-1]}
            for mode, those in by_mode.items()
        ],
        "Workers": [
            {"Worker": worker, "Bytes": sizes.get(worker, 0), "StepFiles": count.get(worker, 0)}
            for worker in trial.workers()
        ],
        "WorkerCount": trial.num_workers,
        "Bytes": sum(sizes.values()),
        "IsAllCounted": is_whole,
        "TensorCount": len(names_of(found)),
        "Collections": _collections(found),
        "Problems": [str(problem)[:300] for problem in trial.problems[:MOST_PROBLEMS]],
        "StepsLeftOut": found.files.left_out,
    }


def names_of(found: ReadTrial) -> list[str]:
    """All names of tensors, sorted; computed again when steps were added."""
    count = len(found.trial.steps(show_incomplete_steps=True))
    if found.names[0] != count:
        found.names = count, found.trial.tensor_names()
    return found.names[1]


def members(trial: Trial, collection: str, names: list[str]) -> list[str]:
    """Those of the names that a collection has, as the hook decides it."""
    there = trial.collections.get(collection)
    if there is None:
        return []
    try:
        patterns = [regex.compile(each) for each in there.include_regex]
        return [
            name
            for name in names
            if name in there.tensor_names
            or any(each.search(name, timeout=MATCHING_S) is not None for each in patterns)
        ]
    except (regex.error, TimeoutError, TypeError):
        return [name for name in names if name in there.tensor_names]


def _collections(found: ReadTrial) -> list[Document]:
    names = names_of(found)
    documents = []
    for name, collection in sorted(found.trial.collections.items())[:MOST_COLLECTIONS]:
        count = len(members(found.trial, name, names))
        if not count:
            continue
        reductions = collection.reductions
        documents.append(
            {
                "Name": str(name),
                "TensorCount": count,
                "IncludeRegex": [str(each)[:500] for each in collection.include_regex[:20]],
                "SaveInterval": {
                    mode.name: config.save_interval for mode, config in (collection.save or {}).items()
                },
                "OnlyReductions": bool(
                    reductions and reductions.reductions and not reductions.save_raw_tensor
                ),
            }
        )
    return documents


def _sizes(door: Door) -> tuple[Counter[str], Counter[str], bool]:
    sizes: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for number, listed in enumerate(door.list(TENSORS, "events/")):
        if number >= MOST_FILES:
            return sizes, count, False
        parsed = parse_step_file(listed.path)
        if parsed is not None:
            sizes[parsed.worker] += listed.size
            count[parsed.worker] += 1
    return sizes, count, True
