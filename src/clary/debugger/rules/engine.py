"""Runs all rules of a job in one pass over the data that the job saves.

    trial ── complete steps, in order ──> every tensor rule        until both have ended,
    profile ── windows, in order ───────> every profiler rule      or until a stop is requested

Each step is read once for all rules. A rule that raises ends in the status Error; the others continue.
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
"""The time between two searches for files. A search takes microseconds, and a finding is due within 2 s."""
PROFILE_POLL_S = 2.0
"""For the profile it may be longer: system files are written once a minute."""
STOP_GRACE_S = 60.0


class StopRequest(Protocol):
    """A request to stop, such as a ``threading.Event``."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool:
        """Waits until the stop is requested, at most ``timeout`` seconds. Returns whether it is requested."""
        ...


@dataclass(slots=True)
class TrialPart:
    """The trial of a job, and the evaluations of its tensor rules. done: all steps were evaluated."""

    source: TrialSource
    evaluations: Sequence[Evaluation]
    done: bool = False
    last_error: str = ""


@dataclass(slots=True)
class ProfilePart:
    """The profile of a job, and the evaluations of its profiler rules. done: all windows were evaluated.

    profile: what the rules read. The engine adds windows to it.
    """

    source: ProfileSource
    files: ProfileFiles
    evaluations: Sequence[Evaluation]
    profile: Profile = field(default_factory=Profile)
    polled_at: float = float("-inf")
    done: bool = False
    last_error: str = ""


def evaluate(
    trial: TrialPart | None,
    profile: ProfilePart | None,
    *,
    flush: Callable[[], None],
    stop: StopRequest | None = None,
    ended: Callable[[], bool] | None = None,
    to_stop: Callable[[], set[str]] | None = None,
    now: Callable[[], float] = time.monotonic,
    poll_s: float = POLL_S,
    grace_s: float = STOP_GRACE_S,
) -> None:
    """Evaluates all rules. Returns when trial and profile have ended, or after a stop is requested.

    flush: called after each step or poll, to write events. stop: a request ends the evaluation; data that
    exists by then is still evaluated, for at most ``grace_s``. ended: returns whether the job has ended; then
    no more data is expected, even without an end marker. to_stop: returns the names of evaluations to end
    early. now: a monotonic clock in seconds. poll_s: the time between two searches for files.
    """
    stop = stop or threading.Event()
    parts = [part for part in (trial, profile) if part is not None]
    evaluations = [evaluation for part in parts for evaluation in part.evaluations]
    deadline = _StopDeadline(stop, now, grace_s, evaluations)
    while True:
        stopping = deadline.requested()
        if to_stop is not None:
            _stop_evaluations(evaluations, to_stop())
        # Ask this before the search for files: files that were written before the end are then found.
        final = ended is not None and ended()
        if trial is not None and not trial.done:
            _evaluate_steps(trial, flush, deadline, final=final)
        if profile is not None and not profile.done:
            last = final or stopping or (trial is not None and trial.done)
            _evaluate_windows(profile, now(), final=last)
        flush()
        if stopping or all(part.done or _all_finished(part) for part in parts):
            break
        stop.wait(poll_s)
    for evaluation in evaluations:
        evaluation.finish()
    flush()


class _StopDeadline:
    """Notifies the evaluations once when a stop is requested, and measures their remaining time."""

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

    def requested(self) -> bool:
        """Whether a stop is requested. The first time it is, all evaluations get the status Stopping."""
        if self._deadline is None and self._stop.is_set():
            self._deadline = self._now() + self._grace_s
            for evaluation in self._evaluations:
                evaluation.stop()
        return self._deadline is not None

    def passed(self) -> bool:
        """Whether a stop is requested and its time has passed."""
        return self.requested() and self._deadline is not None and self._now() >= self._deadline


def _stop_evaluations(evaluations: Sequence[Evaluation], names: set[str]) -> None:
    for evaluation in evaluations:
        if evaluation.name in names and not evaluation.finished:
            evaluation.stop()
            evaluation.finish()


def _evaluate_steps(
    part: TrialPart, flush: Callable[[], None], deadline: _StopDeadline, *, final: bool
) -> None:
    """final: no more steps are expected, with or without an end marker."""
    found = False
    try:
        for step in part.source.poll():
            found = True
            for evaluation in part.evaluations:
                evaluation.check(step)
            flush()
            if deadline.passed():
                return
    except Exception as error:
        # The error may be temporary, such as a broken connection: try again in the next round.
        _print_once(part, error)
        return
    if not found:
        for evaluation in part.evaluations:
            evaluation.idle()
    part.done = final or part.source.ended


def _evaluate_windows(part: ProfilePart, now: float, *, final: bool) -> None:
    """final: no more windows are expected, with or without an end marker."""
    try:
        final = final or part.files.ended()
        if not final and now - part.polled_at < PROFILE_POLL_S:
            return
        part.polled_at = now
        for window in part.source.poll(final=final):
            part.profile.add(window)
            for evaluation in part.evaluations:
                evaluation.check(window)
    except Exception as error:
        _print_once(part, error)
        return
    part.done = final


def _all_finished(part: TrialPart | ProfilePart) -> bool:
    return all(evaluation.finished for evaluation in part.evaluations)


def _print_once(part: TrialPart | ProfilePart, error: Exception) -> None:
    text = f"reading failed and is tried again: {error!r}"
    if text != part.last_error:
        print(text, file=sys.stderr)
    part.last_error = text
