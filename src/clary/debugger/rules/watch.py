"""One rule following one trial: the rule, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from .finding import Finding
from .rule import Rule, RuleWithMemory, Surroundings, TensorRule
from .step import Step


class Watch:
    """Steps are given in order, each once."""

    def __init__(self, rule: TensorRule, surroundings: Surroundings) -> None:
        """Raises RuleConfigurationError when the rule lacks something of its surroundings."""
        self.rule = rule
        self.last_step = -1
        self._memory: Any = rule.memory(surroundings) if isinstance(rule, RuleWithMemory) else None

    def at(self, step: Step) -> list[Finding]:
        self.last_step = step.number
        # Overflow and NaN are what rules look for; numpy's warnings about them would say it twice.
        with np.errstate(all="ignore"):
            if isinstance(self.rule, RuleWithMemory):
                return list(self.rule.check(step, self._memory))
            assert isinstance(self.rule, Rule)
            return list(self.rule.check(step))

    def finish(self) -> list[Finding]:
        """What only the end shows. Call once, after the last step."""
        if not isinstance(self.rule, RuleWithMemory):
            return []
        with np.errstate(all="ignore"):
            return list(self.rule.finish(self.last_step, self._memory))

    def idle(self, now: float) -> list[Finding]:
        """What shows while no step comes; ``now`` is epoch seconds."""
        if not isinstance(self.rule, RuleWithMemory):
            return []
        return list(self.rule.idle(max(self.last_step, 0), now, self._memory))


def findings(
    rule: TensorRule, steps: Iterable[Step], *, start_step: int = 0, surroundings: Surroundings | None = None
) -> list[Finding]:
    """All that a rule has to say about steps that are there already.

    Steps before ``start_step`` are only remembered, where the rule has a memory.
    """
    watch = Watch(rule, surroundings or Surroundings(Path()))
    found = [finding for step in steps for finding in watch.at(step)]
    return [finding for finding in [*found, *watch.finish()] if finding.step >= start_step]
