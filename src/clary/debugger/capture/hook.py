"""What the hooks of all frameworks have in common: their beginning, their end, and what scripts may add."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensors import Mode, at_sigterm
from . import manual
from .guard import Troubles, guarded
from .plan import Plan
from .recorder import SCALARS, Recorder
from .step_times import StepTimes
from .worker import Worker, claim, give_up_claim, host_name, host_worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .builtin import Framework
    from .configuration import Settings
    from .job_metrics import JobMetrics

_hooks: weakref.WeakSet[Any] = weakref.WeakSet()
_aside = False
"""Whether another library's hook captures this process."""


def stand_aside() -> None:
    """No hook of this process captures anything from here on; steps are still timed."""
    global _aside
    _aside = True
    for hook in list(_hooks):
        if hook.capturing:
            hook.stop()


class Hook:
    """One per process and framework. Until the first step it only watches; ``recorder`` is None until then.

    ``capturing`` turns false for ever when this process is not to write, when the disk is full, or when too
    much went wrong. ``active``: steps are to be told to this hook, for what is captured or for their times.
    """

    framework: Framework
    keep_index = False
    flat_norms = False

    def __init__(self, settings: Settings) -> None:
        """Raises ValueError for a configuration that can't be followed."""
        self.plan = Plan(settings, self.framework)
        self.troubles = Troubles()
        self.capturing = settings.capture and not _aside
        self.recorder: Recorder | None = None
        self.times: StepTimes | None = None
        self._time_steps = bool(settings.step_times)
        self.active = self.capturing or self._time_steps
        self._claimed = False
        self._pid = os.getpid()
        _hooks.add(self)
        if self.capturing:
            manual.announce(self)

    # For frameworks to override

    def worker(self) -> Worker | None:
        """This process among those of a distributed training, asked at the first step; None: it is alone."""
        return None

    def to_numpy(self, value: Any) -> Any:
        """A numpy array of a value of this framework."""
        return np.asarray(value)

    def before_begin(self, recorder: Recorder) -> None:
        """Called with the old step before it ends."""

    def tell_last(self, metrics: JobMetrics, steps: dict[Mode, int]) -> None:
        """Called at the end: the last values of losses, where the framework has them at no cost.

        steps: the last step of each mode.
        """

    # For frameworks to call

    def begin(self, mode: Mode, step: int | None = None) -> bool:
        """Starts a step and answers whether anything of it is saved."""
        if self._time_steps:
            self.time_step(mode, step)
        if not self.capturing:
            return False
        recorder = self.recorder or self._start()
        if recorder is None:
            return False
        if recorder.writer.stopped is not None:
            self.stop()
            return False
        self.before_begin(recorder)
        return recorder.begin(mode, step) is not None

    def time_step(self, mode: Mode, step: int | None = None) -> None:
        """The time of the step before is known, and that of the next one begins."""
        times = self.times or self._start_times()
        if times.stopped is not None:
            self._stop_times()
        else:
            times.begin(mode, step)

    def mark(self) -> None:
        """Something has ended that belongs to the current step. A hook need not tell all."""
        if self.times is not None:
            self.times.mark()

    def stop(self) -> None:
        """Stops capturing; the training goes on and its steps are still timed. Again: that stops too."""
        if not self.capturing:
            self._stop_times()
        self.capturing = False
        self.active = self._time_steps
        if self.recorder is not None:
            self.recorder.due = None
        manual.withdraw(self)

    # For scripts

    @guarded
    def save_scalar(self, name: str, value: Any, sm_metric: bool = False) -> None:
        """Saves one number with the current step, as ``scalar/<name>``."""
        number = float(self.to_numpy(value).reshape(-1)[0])
        if self.capturing and self.recorder is not None:
            self.recorder.scalar(SCALARS + name, number, sm_metric)

    @guarded
    def save_tensor(self, name: str, value: Any, collections: str | Sequence[str] = "default") -> None:
        """Saves a tensor as it is now, if the current step is saved."""
        recorder = self.recorder
        if not self.capturing or recorder is None or recorder.due is None:
            return
        names = (collections,) if isinstance(collections, str) else tuple(collections)
        recorder.take(name, self.plan.add(name, names), self.to_numpy(value))

    def close(self, timeout_s: float = 60.0) -> None:
        """Ends the last step and writes what is left. By itself at exit and at SIGTERM."""
        if self._pid != os.getpid():
            return
        atexit.unregister(self.close)
        at_sigterm.unregister(self.close)
        self._finish(timeout_s)
        self.stop()
        self._stop_times()
        self.troubles.say_once(self.framework.name)

    @guarded
    def _finish(self, timeout_s: float) -> None:
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            self.before_begin(recorder)
            recorder.flush()
            self.tell_last(recorder.metrics, recorder.mode_steps)
            recorder.close(timeout_s)
            if self._claimed:
                give_up_claim(recorder.root)

    def _start(self) -> Recorder | None:
        worker = self.worker()
        everyone = self.plan.settings.include_workers == "all"
        if worker is None:
            worker = host_worker()
            writes = (everyone or worker.rank == 0) and self._claim()
        else:
            writes = everyone or worker.rank == 0
        if not writes:
            self.stop()
            return None
        self.recorder = Recorder(self.plan, worker, keep_index=self.keep_index, flat_norms=self.flat_norms)
        # The writer closes itself at exit too; what registers last runs first.
        self.recorder.on_first_write = self._close_at_exit
        self._close_at_the_end()
        return self.recorder

    def _start_times(self) -> StepTimes:
        worker = self.worker()
        process = os.getpid() if worker is None else worker.rank
        self.times = StepTimes(self.plan.settings.step_times, "{}-{}".format(process, host_name()))
        if self.recorder is None:
            self._close_at_the_end()
        return self.times

    def _stop_times(self) -> None:
        times, self.times = self.times, None
        self._time_steps = False
        self.active = self.capturing
        if times is not None:
            times.close()

    def _close_at_the_end(self) -> None:
        self._close_at_exit()
        at_sigterm.unregister(self.close)
        at_sigterm.register(self.close)

    def _claim(self) -> bool:
        try:
            self._claimed = claim(self.plan.settings.local_path)
        except OSError as error:
            self.troubles.note(error, "making " + self.plan.settings.local_path)
            self.troubles.say_once(self.framework.name)
        return self._claimed

    def _close_at_exit(self) -> None:
        atexit.unregister(self.close)
        atexit.register(self.close)

    def _in_child(self) -> None:
        # A child of a process that had begun is a data loader or the like; any other may train itself.
        self._pid = os.getpid()
        if self.recorder is not None or self.times is not None:
            self.recorder = self.times = None
            self._claimed = False
            atexit.unregister(self.close)
            self.capturing = self._time_steps = False
            self.stop()


def _in_child() -> None:
    for hook in list(_hooks):
        hook._in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
