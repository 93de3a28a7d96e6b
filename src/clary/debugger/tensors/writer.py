"""Passes the tensors of a training to a thread that writes them.

    training thread                                      writer thread
      ready() ── waits while the budget is used up ◄──────┐
      empty() ── arrays of earlier steps, from a pool ◄───┤ returns arrays to the pool
      write() ── one queue entry per step ─────────► collections file, event file, index file

Nothing here raises into a training, and every wait has a limit: a step that gets no budget in time is dropped
and counted. The first disk error, or too little free disk space, ends capture; the training continues.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from . import at_fork, at_sigterm
from .array_pool import ArrayPool
from .collection import Collection, to_json
from .event import StepStamp
from .files import check_free_space, write_atomically
from .layout import END_MARKER, collections_path
from .report import Report
from .step_writer import write_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .index import Shape
    from .modes import Mode
    from .step_writer import NamedArray

log = logging.getLogger("clary.debugger")

DEFAULT_BUDGET_BYTES = 256 << 20
CHIEF = "worker_0"


class _Step(NamedTuple):
    stamp: StepStamp
    tensors: Sequence[NamedArray]
    shapes: Sequence[Shape]
    size_bytes: int


class TensorWriter:
    """Writes the tensors of one worker below ``root``.

    budget_bytes: the most memory that steps may use between ``write`` and the disk. A larger step is accepted
        when no other step waits.
    max_wait_s: how long ``ready`` or ``write`` wait for free budget. After a wait that timed out they do not
        wait again until the writer thread has finished another step.
    end_marker: whether ``close`` writes the end marker. By default, worker_0 writes it outside a job of the
        platform; inside a job the platform writes it.
    on_sigterm: whether SIGTERM closes the writer, if the program has no handler of its own.

    Only the training's thread may call ``ready``, ``empty``, ``write``, ``set_collections``. The first write
    starts the writer thread. A forked child may use a writer that its parent has not used.
    """

    def __init__(
        self,
        root: str,
        worker: str = CHIEF,
        num_workers: int = 1,
        *,
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        max_wait_s: float = 10.0,
        end_marker: bool | None = None,
        on_sigterm: bool = True,
    ) -> None:
        self.root = os.path.abspath(str(root))
        self.worker = worker
        self.num_workers = num_workers
        self._budget_bytes = budget_bytes
        self._max_wait_s = max_wait_s
        self._end_marker = _writes_end_marker(worker) if end_marker is None else end_marker
        self._on_sigterm = on_sigterm
        self._pool = ArrayPool(budget_bytes)
        self._collections: bytes | None = None
        self._written_collections: bytes | None = None
        # SimpleQueue, because its put() is safe in a signal handler, and one may call close().
        self._queue: queue.SimpleQueue[_Step | None] = queue.SimpleQueue()
        self._finished = threading.Condition()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._closed = False
        self._stalled = False
        self._waiting_bytes = 0  # guarded by _finished, as _finished_steps is
        self._handed_steps = self._finished_steps = 0
        self._last_step_bytes = 0
        self._saved_steps = self._saved_bytes = 0
        self._dropped_steps = self._dropped_tensors = 0
        self._stopped: str | None = None
        at_fork.register(self)

    def ready(self, size_bytes: int | None = None) -> bool:
        """Whether ``write`` can accept a step of this size; waits up to ``max_wait_s`` for free budget.

        size_bytes: by default that of the last step. False: the step is dropped; do not ``write`` it.
        """
        size_bytes = self._last_step_bytes if size_bytes is None else size_bytes
        if self._accepts_steps() and self._wait_for_budget(size_bytes):
            return True
        self._dropped_steps += not self._closed
        return False

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An uninitialized array to copy a tensor into. The writer reuses its memory after it is written."""
        return self._pool.empty(shape, dtype)

    def write(
        self,
        step: int,
        mode: Mode,
        mode_step: int,
        tensors: Sequence[NamedArray],
        shapes: Sequence[Shape] = (),
    ) -> bool:
        """Passes all tensors of one global step to the writer thread. Returns False if the step is dropped.

        step: counted over all modes. mode_step: counted within ``mode``. tensors: (name, array) pairs; the
        arrays are not copied, and the writer owns them from now on. shapes: of tensors that are not saved.
        """
        try:
            size_bytes = sum(array.nbytes for _, array in tensors)
            self._last_step_bytes = size_bytes
            if self._accepts_steps() and self._wait_for_budget(size_bytes):
                self._enqueue(
                    _Step(StepStamp(step, mode, mode_step, time.time()), tensors, shapes, size_bytes)
                )
                return True
            self._dropped_steps += not self._closed
            for _, array in tensors:
                self._pool.release(array)
        except Exception as error:
            self._stop(f"{error!r} while handing over step {step}")
        return False

    def set_collections(self, collections: Mapping[str, Collection]) -> None:
        """Sets the content of the collections file. The next saved step writes the file if it has changed."""
        try:
            self._collections = to_json(collections, self.num_workers)
        except Exception as error:
            self._stop(f"{error!r} in the collections")

    def flush(self, timeout_s: float | None = None) -> bool:
        """Waits until all accepted steps are written or dropped. Returns False after ``timeout_s``."""
        with self._finished:
            return self._finished.wait_for(lambda: self._finished_steps >= self._handed_steps, timeout_s)

    def close(self, timeout_s: float = 60.0) -> Report:
        """Writes the remaining steps and the end marker; logs a warning if anything was lost. Called at exit.

        After ``timeout_s`` the remaining steps are dropped. A second call only returns the report.
        """
        if self._closed:
            return self.report()
        self._closed = True
        atexit.unregister(self.close)
        thread = self._thread
        stuck = False
        if thread is not None:
            self._queue.put(None)
            if thread is not threading.current_thread():
                thread.join(timeout_s)
            stuck = thread.is_alive()
            if stuck:
                self._stop(f"the disk took over {timeout_s:g} s at the end")
                self._dropped_steps += self._handed_steps - self._finished_steps
            at_sigterm.unregister(self.close)
        if not stuck:
            self._finish()
        self._pool.clear()
        report = self.report()
        if report.lost_something:
            log.warning("Debugger %s: %s", self.worker, report)
        return report

    def report(self) -> Report:
        """The counters so far."""
        return Report(
            self._saved_steps, self._saved_bytes, self._dropped_steps, self._dropped_tensors, self._stopped
        )

    @property
    def stopped(self) -> str | None:
        """Why nothing is written any more; None while the writer works. A hook may then remove itself."""
        return self._stopped

    def after_fork_in_child(self) -> None:
        """Closes the writer if it was in use: a child has no writer thread, and its locks may be locked."""
        self._finished = threading.Condition()
        self._queue = queue.SimpleQueue()
        if self._thread is not None:
            self._closed, self._thread = True, None
            atexit.unregister(self.close)
            at_sigterm.unregister(self.close)

    def _accepts_steps(self) -> bool:
        return not self._closed and self._stopped is None

    def _wait_for_budget(self, size_bytes: int) -> bool:
        def fits() -> bool:
            return self._waiting_bytes == 0 or self._waiting_bytes + size_bytes <= self._budget_bytes

        with self._finished:
            if fits():
                return True
            if self._stalled:
                return False
            if self._finished.wait_for(lambda: fits() or self._stopped is not None, self._max_wait_s):
                return self._stopped is None
            self._stalled = True
            return False

    def _enqueue(self, step: _Step) -> None:
        if self._thread is None:
            self._start()
        with self._finished:
            self._waiting_bytes += step.size_bytes
            self._handed_steps += 1
        self._queue.put(step)

    def _start(self) -> None:
        # A daemon: the interpreter waits for other threads before it calls close(), which ends this one.
        self._thread = threading.Thread(target=self._run, name="clary-tensors", daemon=True)
        self._thread.start()
        atexit.register(self.close)
        if self._on_sigterm:
            at_sigterm.register(self.close)

    def _run(self) -> None:
        while True:
            step = self._queue.get()
            if step is None:
                return
            try:
                self._save(step)
            except Exception as error:
                self._dropped_steps += 1
                self._stop(_reason(error, step.stamp.step))
            finally:
                for _, array in step.tensors:
                    self._pool.release(array)
                with self._finished:
                    self._waiting_bytes -= step.size_bytes
                    self._finished_steps += 1
                    self._stalled = False
                    self._finished.notify_all()
                # Without this, the loop variable keeps the step's arrays in memory until the next step.
                del step

    def _save(self, step: _Step) -> None:
        if self._stopped is not None:
            self._dropped_steps += 1
            return
        check_free_space(self.root, step.size_bytes)
        # The collections file comes first: a reader needs it, and the process may be killed after any file.
        self._write_collections()
        written = write_step(self.root, self.worker, step.stamp, step.tensors, step.shapes)
        self._saved_steps += 1
        self._saved_bytes += written.saved_bytes
        self._dropped_tensors += written.unsupported

    def _write_collections(self) -> None:
        collections = self._collections
        if collections is not None and collections != self._written_collections:
            write_atomically(os.path.join(self.root, collections_path(self.worker)), [collections])
            self._written_collections = collections

    def _finish(self) -> None:
        # A capture that was stopped does this too: readers read what it had saved, and wait for the marker.
        try:
            self._write_collections()
        except OSError as error:
            self._stop(_reason(error, None))
        try:
            if self._end_marker:
                write_atomically(os.path.join(self.root, END_MARKER), [])
        except OSError as error:
            self._stop(_reason(error, None))

    def _stop(self, reason: str) -> None:
        if self._stopped is None:
            self._stopped = reason


def _writes_end_marker(worker: str) -> bool:
    return worker == CHIEF and not os.environ.get("TRAINING_JOB_NAME")


def _reason(error: BaseException, step: int | None) -> str:
    what = error.strerror or str(error) if isinstance(error, OSError) else repr(error)
    return what if step is None else f"{what} at step {step}"
