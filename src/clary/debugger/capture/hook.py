"""The base class of all hooks: start, steps, end, and the functions that scripts may call."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensors import Mode, at_fork, at_sigterm
from . import manual
from .guard import HookErrors, guarded
from .plan import Plan
from .recorder import SCALARS, Recorder
from .step_times import StepTimes
from .worker import Worker, claim, host_name, host_worker, release_claim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .builtin import Framework
    from .configuration import HookSettings
    from .job_metrics import TrainingMetrics

_hooks: weakref.WeakSet[Any] = weakref.WeakSet()
_disabled = False
"""Whether capture is off because the hook of another library captures this process."""


def disable_capture() -> None:
    """Stops capture in all hooks of this process, also in later ones. Steps are still timed."""
    global _disabled
    _disabled = True
    for hook in list(_hooks):
        if hook.capturing:
            hook.stop()


class Hook:
    """The hook of one framework in one process. ``recorder`` is None until the first step.

    capturing: becomes False for good when another process writes, when the disk is full, or after too many
    errors. active: the framework must report steps to this hook, for capture or for step times.
    keep_index: see Recorder. flat_norms: see Recorder.
    """

    framework: Framework
    keep_index = False
    flat_norms = False

    def __init__(self, settings: HookSettings) -> None:
        """Raises ValueError for a configuration that can't be carried out."""
        self.plan = Plan(settings, self.framework)
        self.errors = HookErrors()
        self.capturing = settings.capture and not _disabled
        self.recorder: Recorder | None = None
        self.times: StepTimes | None = None
        self._time_steps = bool(settings.step_times)
        self.active = self.capturing or self._time_steps
        self._claimed = False
        self._pid = os.getpid()
        _hooks.add(self)
        at_fork.register(self)
        if self.capturing:
            manual.register(self)

    # For frameworks to override

    def worker(self) -> Worker | None:
        """The rank of this process in a distributed training; None if it trains alone.

        Called at the first step.
        """
        return None

    def to_numpy(self, value: Any) -> Any:
        """Converts a value of this framework to a numpy array."""
        return np.asarray(value)

    def before_begin(self, recorder: Recorder) -> None:
        """Called before a step ends, while ``recorder`` still holds it."""

    def report_last_values(self, metrics: TrainingMetrics, steps: dict[Mode, int]) -> None:
        """Called at the end: reports the last values of losses, if the framework has them at no cost.

        steps: the last step of each mode.
        """

    # For frameworks to call

    def begin(self, mode: Mode, step: int | None = None) -> bool:
        """Starts a step. Returns whether anything of it is saved.

        step: its number within the mode, if the framework counts steps itself.
        """
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
        """Starts the timing of a step, and so ends that of the step before."""
        times = self.times or self._start_times()
        if times.stopped is not None:
            self._stop_times()
        else:
            times.begin(mode, step)

    def mark(self) -> None:
        """Notes that work of the current step has ended now. A hook does not have to report all work."""
        if self.times is not None:
            self.times.mark()

    def stop(self) -> None:
        """Stops capture; steps are still timed. A second call stops the timing too."""
        if not self.capturing:
            self._stop_times()
        self.capturing = False
        self.active = self._time_steps
        if self.recorder is not None:
            self.recorder.due = None
        manual.unregister(self)

    # For scripts

    @guarded
    def save_scalar(self, name: str, value: Any, sm_metric: bool = False) -> None:
        """Saves one number with the current step, as ``scalar/<name>``.

        sm_metric: also make it a metric of the job.
        """
        number = float(self.to_numpy(value).reshape(-1)[0])
        if self.capturing and self.recorder is not None:
            self.recorder.scalar(SCALARS + name, number, sm_metric)

    @guarded
    def save_tensor(self, name: str, value: Any, collections: str | Sequence[str] = "default") -> None:
        """Saves the present value of a tensor, if the current step is saved."""
        recorder = self.recorder
        if not self.capturing or recorder is None or recorder.due is None:
            return
        names = (collections,) if isinstance(collections, str) else tuple(collections)
        recorder.save(name, self.plan.add(name, names), self.to_numpy(value))

    def close(self, timeout_s: float = 60.0) -> None:
        """Ends the last step and writes the remaining steps. It is also called at exit and at SIGTERM."""
        if self._pid != os.getpid():
            return
        atexit.unregister(self.close)
        at_sigterm.unregister(self.close)
        self._finish(timeout_s)
        self.stop()
        self._stop_times()
        self.errors.log_once(self.framework.name)

    @guarded
    def _finish(self, timeout_s: float) -> None:
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            self.before_begin(recorder)
            recorder.flush()
            self.report_last_values(recorder.metrics, recorder.mode_steps)
            recorder.close(timeout_s)
            if self._claimed:
                release_claim(recorder.root)

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
        # The writer registers its own exit handler at its first write. Exit handlers run in reverse order, so
        # register ours again after that: the hook must close before the writer.
        self.recorder.on_first_write = self._register_at_exit
        self._register_close()
        return self.recorder

    def _start_times(self) -> StepTimes:
        worker = self.worker()
        process = os.getpid() if worker is None else worker.rank
        self.times = StepTimes(self.plan.settings.step_times, "{}-{}".format(process, host_name()))
        if self.recorder is None:
            self._register_close()
        return self.times

    def _stop_times(self) -> None:
        times, self.times = self.times, None
        self._time_steps = False
        self.active = self.capturing
        if times is not None:
            times.close()

    def _register_close(self) -> None:
        self._register_at_exit()
        at_sigterm.unregister(self.close)
        at_sigterm.register(self.close)

    def _claim(self) -> bool:
        try:
            self._claimed = claim(self.plan.settings.local_path)
        except OSError as error:
            self.errors.note(error, "making " + self.plan.settings.local_path)
            self.errors.log_once(self.framework.name)
        return self._claimed

    def _register_at_exit(self) -> None:
        atexit.unregister(self.close)
        atexit.register(self.close)

    def after_fork_in_child(self) -> None:
        """Stops the hook in a child of a process that trains."""
        # If the parent had started its first step, the child is a data loader or the like. Other children may
        # train themselves.
        self._pid = os.getpid()
        if self.recorder is not None or self.times is not None:
            self.recorder = self.times = None
            self._claimed = False
            atexit.unregister(self.close)
            self.capturing = self._time_steps = False
            self.stop()
