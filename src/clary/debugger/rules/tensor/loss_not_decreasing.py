"""Finds losses that do not decrease, or that rise."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..losses import DEFAULT_LOSSES, LossPoint, LossStream, losses
from ..parameters import at_least, between, one_of, require_tensors
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..step import RuleStep

PREFERRED_MODES = ("EVAL", "TRAIN", "GLOBAL", "PREDICT")

Key = tuple[str, str, str]


@dataclass(slots=True)
class LossHistory:
    """By loss and mode: the recent points, and the step of the next comparison."""

    stream: LossStream = field(default_factory=LossStream)
    points: dict[Key, deque[LossPoint]] = field(default_factory=lambda: defaultdict(deque))
    next_check: dict[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LossNotDecreasing(RuleWithMemory[LossHistory]):
    """Every ``num_steps`` steps, compares a loss with its value at least ``num_steps`` steps before.

    Fires if it fell by less than ``diff_percent``, or rose by more than ``increase_threshold_percent``.
    A smaller rise is tolerated as noise.
    """

    collection_names: tuple[str, ...] = ()
    tensor_regex: tuple[str, ...] = ()
    use_losses_collection: bool = True
    num_steps: int = 10
    diff_percent: float = 0.1
    increase_threshold_percent: float = 5.0
    mode: str | None = None

    meaning: ClassVar[str] = (
        "The model does not improve any more: it has converged, it is stuck, or the steps are so large that "
        "they jump over the minimum."
    )
    remedy: ClassVar[str] = (
        "If the loss rises or oscillates, lower the learning rate; if it does not change from the start, "
        "raise it, and check labels, loss function and gradients; if it has converged, stop the training."
    )

    def __post_init__(self) -> None:
        at_least("num_steps", self.num_steps, 1)
        between("diff_percent", self.diff_percent, 0, 100)
        at_least("increase_threshold_percent", self.increase_threshold_percent, 0)
        one_of("mode", self.mode, PREFERRED_MODES)
        if not self.use_losses_collection:
            require_tensors(self, self.collection_names, self.tensor_regex)

    def memory(self, context: RuleContext) -> LossHistory:
        return LossHistory()

    def check(self, step: RuleStep, memory: LossHistory) -> Iterator[Finding]:
        yield from self._follow(memory.stream.feed(step, self._losses(step)), memory)

    def finish(self, step_number: int, memory: LossHistory) -> Iterator[Finding]:
        yield from self._follow(memory.stream.close(), memory)

    def _losses(self, step: RuleStep) -> list[LossPoint]:
        found = losses(step, DEFAULT_LOSSES) if self.use_losses_collection else []
        if self.collection_names or self.tensor_regex:
            named = Selection(self.collection_names, self.tensor_regex)
            known = {(point.tensor, point.worker) for point in found}
            more = losses(step, named, scalars_only=True)
            found += [point for point in more if (point.tensor, point.worker) not in known]
        return found

    def _follow(self, points: Iterable[LossPoint], memory: LossHistory) -> Iterator[Finding]:
        for point in points:
            key = (point.tensor, point.worker, point.mode)
            history = memory.points[key]
            history.append(point)
            if point.mode == self._mode(point, memory) and point.mode_step >= memory.next_check.get(key, 0):
                yield from self._compare(key, history, memory)

    def _mode(self, point: LossPoint, memory: LossHistory) -> str:
        if self.mode is not None:
            return self.mode
        return next(m for m in PREFERRED_MODES if (point.tensor, point.worker, m) in memory.points)

    def _compare(self, key: Key, history: deque[LossPoint], memory: LossHistory) -> Iterator[Finding]:
        now = history[-1]
        newest = now.mode_step - self.num_steps
        if history[0].mode_step > newest:
            return
        while len(history) > 1 and history[1].mode_step <= newest:
            history.popleft()
        memory.next_check[key] = now.mode_step + self.num_steps
        yield from self._evaluate(history[0], now)

    def _evaluate(self, before: LossPoint, now: LossPoint) -> Iterator[Finding]:
        decrease = _decrease_percent(before.value, now.value)
        since = f"since {before.mode} step {before.mode_step} ({before.value:.4g} to {now.value:.4g})"
        if math.isnan(decrease):
            message, limit = f"the loss is no longer a finite number {since}", self.diff_percent
        elif decrease < -self.increase_threshold_percent:
            message, limit = f"the loss rose by {-decrease:.3g}% {since}", -self.increase_threshold_percent
        elif 0 <= decrease < self.diff_percent:
            message = f"the loss fell by {decrease:.3g}% {since}, less than {self.diff_percent:g}%"
            limit = self.diff_percent
        else:
            return
        yield Finding(now.step, now.tensor, decrease, limit, message, now.worker)


def _decrease_percent(before: float, now: float) -> float:
    """The decrease of the loss in percent; negative if it rose, NaN if one of the two is not finite."""
    if not (math.isfinite(before) and math.isfinite(now)):
        return math.nan
    if before == 0:
        return 0.0 if now == 0 else -math.inf if now > 0 else math.inf
    return 100.0 * (before - now) / abs(before)
