"""The evaluation of one rule, with AWS's statuses.

    InProgress ── fires ──────────> IssuesFound      continues, and reports every further finding
        ├──────── ends without a finding ─> NoIssuesFound
        ├──────── raises ─────────> Error            the other rules continue
        └──────── is stopped ─────> Stopping ──> Stopped

A rule that has found issues keeps that status, unless it raises.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from .actions import Action
from .errors import RuleConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .events import Events
    from .finding import Finding
    from .watch import StepOrWindow, Watch

IN_PROGRESS, ISSUES_FOUND, NO_ISSUES_FOUND = "InProgress", "IssuesFound", "NoIssuesFound"
ERROR, STOPPING, STOPPED = "Error", "Stopping", "Stopped"


class Evaluation:
    """The evaluation of one rule configuration.

    start: creates the watch of the rule; if it raises, the evaluation has the status Error from the start.
    actions: carried out at the first firing. now: a clock in epoch seconds.
    """

    def __init__(
        self,
        name: str,
        start: Callable[[], Watch],
        *,
        actions: tuple[Action, ...] = (),
        events: Events,
        now: Callable[[], float],
    ) -> None:
        self.name = name
        self.status = IN_PROGRESS
        self.details = ""
        self._actions = actions
        self._events = events
        self._now = now
        self._watch: Watch | None = None
        self._attempt(lambda: self._begin(start))

    @property
    def finished(self) -> bool:
        """Whether the evaluation has ended, with or without an error."""
        return self._watch is None

    def check(self, step: StepOrWindow) -> None:
        """Evaluates the next step or window. Does nothing after the end. An exception of the rule ends it."""
        watch = self._watch
        if watch is not None:
            self._attempt(lambda: self._report(watch.check(step), step))

    def idle(self) -> None:
        """Call this regularly while there is no new step."""
        watch = self._watch
        if watch is not None:
            self._attempt(lambda: self._report(watch.idle(self._now()), None))

    def finish(self) -> None:
        """Ends the evaluation, after all steps were evaluated or a stop. Sets the last status."""
        watch = self._watch
        if watch is None:
            return
        self._attempt(lambda: self._report(watch.finish(), None))
        if self.status == IN_PROGRESS:
            self._change(NO_ISSUES_FOUND, "")
        elif self.status == STOPPING:
            self._change(STOPPED, "The evaluation was stopped before the rule had seen all of the training")
        self._watch = None

    def stop(self) -> None:
        """Sets the status Stopping. ``check`` may still be called; ``finish`` ends the evaluation."""
        if self.status == IN_PROGRESS:
            self._change(STOPPING, "The evaluation is being stopped")

    def _begin(self, start: Callable[[], Watch]) -> None:
        self._watch = watch = start()
        rule = watch.rule
        texts = {"Meaning": rule.meaning, "Remedy": rule.remedy}
        self._events.rule(self.name, rule.name, texts, rule.parameters())
        self._change(IN_PROGRESS, "")

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except RuleConfigurationError as error:
            self._fail(f"ClientError: {error}")
        except Exception as error:
            self._events.log(self.name, traceback.format_exc())
            self._fail(f"RuleEvaluationError: {type(error).__name__}: {error}")

    def _fail(self, details: str) -> None:
        self._watch = None
        self._change(ERROR, details)

    def _report(self, found: list[Finding], step: StepOrWindow | None) -> None:
        for finding in found:
            at_this_step = step is not None and step.number == finding.step
            mode, mode_step = (step.mode, step.mode_step) if step and at_this_step else ("", -1)
            self._events.finding(self.name, finding, mode, mode_step, self._now())
        if found and self.status in (IN_PROGRESS, STOPPING):
            self._fire_first(found[0])

    def _fire_first(self, finding: Finding) -> None:
        assert self._watch is not None
        rule = self._watch.rule.name
        self._change(
            ISSUES_FOUND,
            f"RuleEvaluationConditionMet: Evaluation of the rule {rule} at step {finding.step} "
            "resulted in the condition being met\n",
        )
        for action in (*self._actions, *_own_actions(self._watch.rule)):
            self._events.action(self.name, rule, action, self._now())

    def _change(self, status: str, details: str) -> None:
        self.status, self.details = status, details
        self._events.status(self.name, status, details, self._now())
        self._events.flush()


def _own_actions(rule: object) -> tuple[Action, ...]:
    """The action in the parameters of StalledTrainingRule, which AWS defined before it had actions."""
    if getattr(rule, "stop_training_on_fire", False):
        return (Action("stoptraining", getattr(rule, "training_job_name_prefix", None) or ""),)
    return ()
