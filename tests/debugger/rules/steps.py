"""Builds steps for tests, and returns the findings of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clary.debugger.rules import RuleContext, RuleStep, StepTensor, findings
from clary.debugger.rules.selection import CollectionMatcher, TensorNames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from clary.debugger.rules import Finding
    from clary.debugger.rules.rule import TensorRule


def names(
    collections: Mapping[str, Iterable[str]] | None = None, modules: Mapping[str, str] | None = None
) -> TensorNames:
    """``collections`` maps names to regular expressions."""
    made = {
        name: CollectionMatcher(patterns=tuple(patterns)) for name, patterns in (collections or {}).items()
    }
    return TensorNames(made, modules or {})


def a_step(
    number: int,
    tensors: Mapping[str, Any] | None = None,
    *,
    stored: Mapping[str, Mapping[str, float]] | None = None,
    known: TensorNames | None = None,
    mode: str = "GLOBAL",
    mode_step: int = -1,
    worker: str = "worker_0",
) -> RuleStep:
    """A step. tensors: saved values by name. stored: saved reductions by name, of tensors without values."""
    whole = [
        StepTensor(name, _giving(np.asarray(value)), {}, worker) for name, value in (tensors or {}).items()
    ]
    reduced = [
        StepTensor(name, None, {reduction: _giving(value) for reduction, value in values.items()}, worker)
        for name, values in (stored or {}).items()
    ]
    return RuleStep(number, (*whole, *reduced), known or TensorNames(), mode, mode_step)


def losses(
    values: Iterable[float],
    *,
    every: int = 1,
    mode: str = "TRAIN",
    name: str = "loss_output_0",
    start: int = 0,
) -> list[RuleStep]:
    """Steps with one scalar each."""
    known = names({"losses": ["loss"]})
    return [
        a_step(start + i * every, {name: value}, known=known, mode=mode, mode_step=i * every)
        for i, value in enumerate(values)
    ]


def fired(rule: TensorRule, steps: Iterable[RuleStep], *, start_step: int = 0) -> list[int]:
    """The steps at which the rule fired, each once."""
    return sorted({finding.step for finding in findings(rule, steps, start_step=start_step)})


def found_by(rule: TensorRule, *steps: RuleStep) -> list[Finding]:
    """The findings of a rule at these steps."""
    return findings(rule, steps)


def written(rule: TensorRule, steps: Iterable[RuleStep], output: Path) -> list[Finding]:
    """The findings of a rule that writes files to ``output``."""
    return findings(rule, steps, context=RuleContext(output))


def _giving(value: Any) -> Callable[[], Any]:
    return lambda: value
