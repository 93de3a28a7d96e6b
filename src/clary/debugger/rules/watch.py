"""A watch: one rule that is applied to a trial or a profile, together with its memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .rule import Rule, RuleContext, RuleWithMemory, TensorRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .finding import Finding
    from .profile import Profile, Window
    from .profile_rule import ProfilerRule
    from .step import RuleStep


class StepOrWindow(Protocol):
    """A step of a trial or a window of a profile."""

    @property
    def number(self) -> int: ...
    @property
    def mode(self) -> str: ...
    @property
    def mode_step(self) -> int: ...


class Watch(Protocol):
    """Applies one rule to steps or windows."""

    @property
    def rule(self) -> TensorRule | ProfilerRule: ...

    def check(self, step: Any) -> list[Finding]:
        """The findings at the next step or window. Call it for each one once, in order."""
        ...

    def finish(self) -> list[Finding]:
        """The findings that show only at the end. Call it once, after the last step or window."""
        ...

    def idle(self, now: float) -> list[Finding]:
        """The findings that show while there is no new step. now: epoch seconds."""
        ...


class TrialWatch:
    """Applies a tensor rule to the steps of a trial."""

    def __init__(self, rule: TensorRule, context: RuleContext) -> None:
        """Raises RuleConfigurationError if the context lacks something that the rule needs."""
        self.rule = rule
        self._last_step = -1
        self._memory: Any = rule.memory(context) if isinstance(rule, RuleWithMemory) else None

    def check(self, step: RuleStep) -> list[Finding]:
        self._last_step = step.number
        # Rules report overflow and NaN themselves; without this, numpy would also print warnings.
        with np.errstate(all="ignore"):
            if isinstance(self.rule, RuleWithMemory):
                return list(self.rule.check(step, self._memory))
            assert isinstance(self.rule, Rule)
            return list(self.rule.check(step))

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
    """Applies a profiler rule to the windows of a profile.

    All watches share the profile. Add a window to it first, then call ``check`` with the same window.
    """

    def __init__(self, rule: ProfilerRule, profile: Profile, output: Path) -> None:
        self.rule = rule
        self._profile = profile
        self._report = rule.report()
        self._output = output

    def check(self, step: Window) -> list[Finding]:
        found = list(self.rule.check(self._profile, self._report))
        self.rule.write(self._report, self._profile, self._output)
        return found

    def finish(self) -> list[Finding]:
        self.rule.write(self._report, self._profile, self._output)
        return []

    def idle(self, now: float) -> list[Finding]:
        return []


def findings(
    rule: TensorRule, steps: Iterable[RuleStep], *, start_step: int = 0, context: RuleContext | None = None
) -> list[Finding]:
    """All findings of a rule for steps that exist already.

    start_step: findings at earlier steps are left out; a rule with a memory still gets these steps.
    context: by default the present folder, and no other trials.
    """
    watch = TrialWatch(rule, context or RuleContext(Path()))
    found = [finding for step in steps for finding in watch.check(step)]
    return [finding for finding in [*found, *watch.finish()] if finding.step >= start_step]
