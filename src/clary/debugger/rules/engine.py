"""All rules of a job, in one pass over what the job saves.

    trial ── complete steps, in order ──> every tensor rule        until both have ended,
    profile ── windows, in order ───────> every profiler rule      or somebody asks to stop

Each step is read once, whatever the number of rules. A rule that raises ends in Error alone.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .evaluation import Evaluation
    from .profile_files import ProfileFiles
    from .profile_source import ProfileSource
    from .source import TrialSource

POLL_S = 0.25
"""How often to look for files: a look costs microseconds, and a verdict should be there in 2 s."""
PROFILE_POLL_S = 2.0
"""System files come once a minute."""
STOP_GRACE_S = 60.0


class StopRequest(Protocol):
    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


@dataclass(slots=True)
class TrialPart:
    source: TrialSource
    evaluations: Sequence[Evaluation]
    done: bool = False
    trouble: str = ""


@dataclass(slots=True)
class ProfilePart:
    """``profile`` is what the rules look at; windows are added to it here."""

    source: ProfileSource
    files: ProfileFiles
    evaluations: Sequence[Evaluation]
    profile: Profile = field(default_factory=Profile)
    looked_at: float = float("-inf")
    done: bool = False
    trouble: str = ""


def evaluate(
    trial: TrialPart | None,
    profile: ProfilePart | None,
    *,
    flush: Callable[[], None],
    stop: StopRequest | None = None,
    ended: Callable[[], bool] | None = None,
    unwanted: Callable[[], set[str]] | None = None,
    now: Callable[[], float] = time.monotonic,
    poll_s: float = POLL_S,
    grace_s: float = STOP_GRACE_S,
) -> None:
    """Returns when there is nothing more to come, or when a stop was asked for and its time is over.

    ``stop`` also wakes it from waiting. What is there already when a stop is asked for is still judged, for
    ``grace_s`` at most. ``ended`` says, once it is true, that nothing more will come, marked or not.
    ``unwanted`` names evaluations that are to end alone. ``now`` is any clock in seconds.
    """
    stop = stop or threading.Event()
    parts = [part for part in (trial, profile) if part is not None]
    evaluations = [evaluation for part in parts for evaluation in part.evaluations]
    ending = _Ending(stop, now, grace_s, evaluations)
    while True:
        stopping = ending.asked()
        if unwanted is not None:
            _end_unwanted(evaluations, unwanted())
        over = ended is not None and ended()  # before the looks: what is there by then is seen by them
        if trial is not None and not trial.done:
            _look_at_steps(trial, flush, ending, over=over)
        if profile is not None and not profile.done:
            last = over or stopping or (trial is not None and trial.done)
            _look_at_windows(profile, now(), over=last)
        flush()
        if stopping or all(part.done or _all_over(part) for part in parts):
            break
        stop.wait(poll_s)
    for evaluation in evaluations:
        evaluation.finish()
    flush()


class _Ending:
    """Notices that a stop is asked for, tells the evaluations once, and knows when their time is over."""

    def __init__(
        self,
        stop: StopRequest,
        now: Callable[[], float],
        grace_s: float,
        evaluations: Sequence[Evaluation],
    ) -> None:
        self._stop = stop
        self._now = now
        self._grace_s = grace_s
        self._evaluations = evaluations
        self._deadline: float | None = None

    def asked(self) -> bool:
        if self._deadline is None and self._stop.is_set():
            self._deadline = self._now() + self._grace_s
            for evaluation in self._evaluations:
                evaluation.stop()
        return self._deadline is not None

    def late(self) -> bool:
        return self.asked() and self._deadline is not None and self._now() >= self._deadline


def _end_unwanted(evaluations: Sequence[Evaluation], names: set[str]) -> None:
    for evaluation in evaluations:
        if evaluation.name in names and not evaluation.over:
            evaluation.stop()
            evaluation.finish()


def _look_at_steps(part: TrialPart, flush: Callable[[], None], ending: _Ending, *, over: bool) -> None:
    """``over``: what is there now is all there will be, whether marked or not."""
    came = False
    try:
        for step in part.source.poll():
            came = True
            for evaluation in part.evaluations:
                evaluation.at(step)
            flush()
            if ending.late():
                return
    except Exception as error:
        # Whatever stands between us and the files may work again at the next look.
        _say(part, error)
        return
    if not came:
        for evaluation in part.evaluations:
            evaluation.idle()
    part.done = over or part.source.ended


def _look_at_windows(part: ProfilePart, now: float, *, over: bool) -> None:
    """``over``: what is there now is all there will be, whether marked or not."""
    try:
        over = over or part.files.ended()
        if not over and now - part.looked_at < PROFILE_POLL_S:
            return
        part.looked_at = now
        for window in part.source.poll(final=over):
            part.profile.add(window)
            for evaluation in part.evaluations:
                evaluation.at(window)
    except Exception as error:
        _say(part, error)
        return
    part.done = over


def _all_over(part: TrialPart | ProfilePart) -> bool:
    """Whether no rule of the part is left that could still say something."""
    return all(evaluation.over for evaluation in part.evaluations)


def _say(part: TrialPart | ProfilePart, error: Exception) -> None:
    text = f"reading failed and is tried again: {error!r}"
    if text != part.trouble:
        print(text, file=sys.stderr)
    part.trouble = text
