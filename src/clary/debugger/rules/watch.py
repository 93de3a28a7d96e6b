"""One rule following a trial or a profile: the rule, and what it remembers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .rule import Rule, RuleWithMemory, Surroundings, TensorRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .finding import Finding
    from .profile import Profile, Window
    from .profile_rule import ProfilerRule
    from .step import Step


class Moment(Protocol):
    """A step of a trial, or a window of a profile."""

    @property
    def number(self) -> int: ...
    @property
    def mode(self) -> str: ...
    @property
    def mode_step(self) -> int: ...


class Watch(Protocol):
    """Moments are given in order, each once."""

    @property
    def rule(self) -> TensorRule | ProfilerRule: ...

    def at(self, moment: Any) -> list[Finding]: ...

    def finish(self) -> list[Finding]:
        """What only the end shows. Call once, after the last moment."""
        ...

    def idle(self, now: float) -> list[Finding]:
        """What shows while nothing comes; ``now`` is epoch seconds."""
        ...


class TrialWatch:
    """A rule over tensors."""

    def __init__(self, rule: TensorRule, surroundings: Surroundings) -> None:
        """Raises RuleConfigurationError when the rule lacks something of its surroundings."""
        self.rule = rule
        self._last_step = -1
        self._memory: Any = rule.memory(surroundings) if isinstance(rule, RuleWithMemory) else None

    def at(self, moment: Step) -> list[Finding]:
        self._last_step = moment.number
        # Overflow and NaN are what rules look for; numpy's warnings about them would say it twice.
        with np.errstate(all="ignore"):
            if isinstance(self.rule, RuleWithMemory):
                return list(self.rule.check(moment, self._memory))
            assert isinstance(self.rule, Rule)
            return list(self.rule.check(moment))

    def finish(self) -> list[Finding]:
        if not isinstance(self.rule, RuleWithMemory):
            return []
        with np.errstate(all="ignore"):
            return list(self.rule.finish(self._last_step, self._memory))

    def idle(self, now: float) -> list[Finding]:
        if not isinstance(self.rule, RuleWithMemory):
            return []
        return list(self.rule.idle(max(self._last_step, 0), now, self._memory))


class ProfileWatch:
    """A rule over a profile. The profile is shared; whoever adds windows to it calls ``at`` then."""

    def __init__(self, rule: ProfilerRule, profile: Profile, output: Path) -> None:
        self.rule = rule
        self._profile = profile
        self._report = rule.report()
        self._output = output

    def at(self, moment: Window) -> list[Finding]:
        found = list(self.rule.check(self._profile, self._report))
        self.rule.write(self._report, self._profile, self._output)
        return found

    def finish(self) -> list[Finding]:
        self.rule.write(self._report, self._profile, self._output)
        return []

    def idle(self, now: float) -> list[Finding]:
        return []


def findings(
    rule: TensorRule, steps: Iterable[Step], *, start_step: int = 0, surroundings: Surroundings | None = None
) -> list[Finding]:
    """All that a rule has to say about steps that are there already.

    Steps before ``start_step`` are only remembered, where the rule has a memory.
    """
    watch = TrialWatch(rule, surroundings or Surroundings(Path()))
    found = [finding for step in steps for finding in watch.at(step)]
    return [finding for finding in [*found, *watch.finish()] if finding.step >= start_step]
