"""Steps made by hand, and what a rule says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clary.debugger.rules import Step, Surroundings, Tensor, findings
from clary.debugger.rules.selection import Collection, Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from clary.debugger.rules import Finding
    from clary.debugger.rules.rule import TensorRule


def names(
    collections: Mapping[str, Iterable[str]] | None = None, modules: Mapping[str, str] | None = None
) -> Names:
    """``collections`` maps names to regular expressions."""
    made = {name: Collection(patterns=tuple(patterns)) for name, patterns in (collections or {}).items()}
    return Names(made, modules or {})


def a_step(
    number: int,
    tensors: Mapping[str, Any] | None = None,
    *,
    stored: Mapping[str, Mapping[str, float]] | None = None,
    known: Names | None = None,
    mode: str = "GLOBAL",
    mode_step: int = -1,
    worker: str = "worker_0",
) -> Step:
    """``tensors`` were saved whole; of those in ``stored``, only reductions were."""
    whole = [Tensor(name, _giving(np.asarray(value)), {}, worker) for name, value in (tensors or {}).items()]
    reduced = [
        Tensor(name, None, {reduction: _giving(value) for reduction, value in values.items()}, worker)
        for name, values in (stored or {}).items()
    ]
    return Step(number, (*whole, *reduced), known or Names(), mode, mode_step)


def losses(
    values: Iterable[float],
    *,
    every: int = 1,
    mode: str = "TRAIN",
    name: str = "loss_output_0",
    start: int = 0,
) -> list[Step]:
    """Steps that hold one scalar each."""
    known = names({"losses": ["loss"]})
    return [
        a_step(start + i * every, {name: value}, known=known, mode=mode, mode_step=i * every)
        for i, value in enumerate(values)
    ]


def fired(rule: TensorRule, steps: Iterable[Step], *, start_step: int = 0) -> list[int]:
    """The steps at which the rule had something to say, each once."""
    return sorted({finding.step for finding in findings(rule, steps, start_step=start_step)})


def said(rule: TensorRule, *steps: Step) -> list[Finding]:
    return findings(rule, steps)


def written(rule: TensorRule, steps: Iterable[Step], output: Path) -> list[Finding]:
    """Findings of a rule that writes into a folder."""
    return findings(rule, steps, surroundings=Surroundings(output))


def _giving(value: Any) -> Callable[[], Any]:
    return lambda: value
