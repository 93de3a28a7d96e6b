"""One tensor over steps: statistics of each, and histograms with the same bins."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from clary.debugger.trial import CorruptFile, NotSaved

from .digest import QUANTILES, rebinned
from .thinning import thinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.debugger.trial import SavedTensor

    from .digest import Digest
    from .shelf import ReadTrial

Document = dict[str, Any]

MOST_STEPS = 500
MOST_HISTOGRAMS = 100
BINS = 64
MOST_PROBLEMS = 20
WIDE = 2.5
"""Where the whole range is so many times as wide as that of 98 % of the values, the bins cover the latter."""


def series(
    found: ReadTrial, name: str, *, mode: str, worker: str, until: float, clock: Any = time.monotonic
) -> Document:
    """mode, worker: empty for all modes, and for the first worker that saved the tensor.

    until: when to answer with the steps that were read so far; the next question goes on from there.
    """
    there = list(_saved(found, name, mode, worker))
    chosen = thinned(there, MOST_STEPS)
    rows: list[tuple[Any, SavedTensor, Digest]] = []
    problems: list[str] = []
    partial = False
    for step, saved in chosen:
        if rows and clock() > until and not found.known(name, saved.step, saved.worker):
            partial = True
            break
        try:
            rows.append((step, saved, found.digest(saved)))
        except (CorruptFile, NotSaved) as error:
            problems.append(str(error)[:300])
    digests = [digest for _, _, digest in rows]
    return {
        "Tensor": name,
        "Ended": found.trial.ended,
        "Partial": partial,
        "SavedSteps": len(there),
        "Steps": [step.step for step, _, _ in rows],
        "Modes": [step.mode.name for step, _, _ in rows],
        "ModeSteps": [step.mode_step for step, _, _ in rows],
        "Workers": [saved.worker for _, saved, _ in rows],
        "Shape": list(digests[-1].shape) if digests else [],
        "Type": digests[-1].dtype if digests else "",
        "Sizes": [digest.size for digest in digests],
        **_statistics(digests),
        "Values": [list(map(number, digest.values)) for digest in digests] if _are_few(digests) else None,
        "Texts": list(digests[-1].texts) if digests else [],
        "Histogram": _histogram([(step.step, digest) for step, _, digest in rows]),
        "Problems": problems[:MOST_PROBLEMS],
    }


def number(value: float) -> float | None:
    """With seven digits; None for what JSON has no word for."""
    return float(f"{value:.7g}") if math.isfinite(value) else None


def _saved(found: ReadTrial, name: str, mode: str, worker: str) -> Any:
    """(step, tensor) of each complete step that has the tensor."""
    trial = found.trial
    complete = set(trial.steps())
    for step_number in dict.fromkeys(trial.steps_of_tensor(name)):
        if step_number not in complete:
            continue
        step = trial.step(step_number)
        if mode and step.mode.name != mode:
            continue
        for its_worker, tensors in step.by_worker.items():
            if (not worker or its_worker == worker) and name in tensors:
                yield step, tensors[name]
                break


def _statistics(digests: Sequence[Digest]) -> Document:
    return {
        "Minimum": [number(digest.low) for digest in digests],
        "Maximum": [number(digest.high) for digest in digests],
        "Mean": [number(digest.mean) for digest in digests],
        "Deviation": [number(digest.deviation) for digest in digests],
        "NaN": [digest.nan for digest in digests],
        "Infinite": [digest.infinite for digest in digests],
        "Zeros": [digest.zeros for digest in digests],
        "Quantiles": {
            f"p{quantile * 100:g}": [
                number(digest.quantiles[at]) if digest.quantiles else None for digest in digests
            ]
            for at, quantile in enumerate(QUANTILES)
        },
    }


def _are_few(digests: Sequence[Digest]) -> bool:
    return bool(digests) and all(digest.values for digest in digests)


def _histogram(rows: list[tuple[int, Digest]]) -> Document | None:
    binned = [(step, digest) for step, digest in rows if digest.counts is not None]
    if not binned or all(digest.size <= 1 for _, digest in binned):
        return None
    low = min(digest.low for _, digest in binned)
    high = max(digest.high for _, digest in binned)
    inner_low = min(digest.quantiles[0] for _, digest in binned)
    inner_high = max(digest.quantiles[-1] for _, digest in binned)
    is_cut = inner_high > inner_low and high - low > WIDE * (inner_high - inner_low)
    if is_cut:
        margin = 0.25 * (inner_high - inner_low)
        low, high = max(low, inner_low - margin), min(high, inner_high + margin)
    if not high > low:
        low, high = low - max(abs(low), 1.0) * 0.5, high + max(abs(high), 1.0) * 0.5
    if not math.isfinite(high - low):
        return None
    edges = np.linspace(low, high, BINS + 1)
    shown = thinned(binned, MOST_HISTOGRAMS)
    counts = [rebinned(digest, edges) for _, digest in shown]
    # Of a sample: what is drawn is the share of each bin.
    shares = [row / max(float(row.sum()), 1.0) for row in counts]
    return {
        "Edges": [number(float(edge)) for edge in edges],
        "Steps": [step for step, _ in shown],
        "Shares": [[float(f"{share:.4g}") for share in row] for row in shares],
        "IsCut": is_cut,
    }
