"""Hands the tensors of a training to a thread that writes them.

    training thread                            writer thread
      ready() ── waits while the budget is used up ◄──┐
      empty() ── memory from earlier steps ◄──────────┤ gives memory back
      write() ── one queue entry a step ─────► collections file, event file, index file

Nothing here raises into a training, and nothing waits for ever: a step that finds no room in time is dropped
and counted. The first error of the disk, or the last of its space, ends capture; the training goes on.
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
from .collection import Collection, to_json
from .event import Moment
from .files import leave_room, write_atomically
from .layout import END_MARKER, collections_path
from .report import Report
from .snapshot_memory import SnapshotMemory
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
    moment: Moment
    tensors: Sequence[NamedArray]
    shapes: Sequence[Shape]
    size_bytes: int


class TensorWriter:
    """Writes the tensors of one worker below ``root``.

    budget_bytes: what may lie between ``write`` and the disk. A larger step is taken when nothing else waits.
    max_wait_s: how long ``ready`` or ``write`` wait for room. After one wait in vain they wait no more until
        the disk has moved again.
    end_marker: whether ``close`` says that nothing more will come. Left alone, the platform does it for its
        jobs and worker_0 everywhere else.

    ``ready``, ``empty``, ``write`` and ``set_collections`` belong to one thread, the training's. Its
    thread starts with the first write. A forked child may use a writer that its parent had not used yet; any
    other is closed there.
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
        self._end_marker = _marks_the_end(worker) if end_marker is None else end_marker
        self._on_sigterm = on_sigterm
        self._memory = SnapshotMemory(budget_bytes)
        self._collections: bytes | None = None
        self._written_collections: bytes | None = None
        # A queue that a signal handler may put into: close() is called from one.
        self._queue: queue.SimpleQueue[_Step | None] = queue.SimpleQueue()
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._closed = False
        self._stalled = False
        self._waiting_bytes = 0  # guarded by _moved, as _finished_steps is
        self._handed_steps = self._finished_steps = 0
        self._last_step_bytes = 0
        self._saved_steps = self._saved_bytes = 0
        self._dropped_steps = self._dropped_tensors = 0
        self._stopped: str | None = None
        at_fork.watch(self)

    def ready(self, size_bytes: int | None = None) -> bool:
        """Whether a step of this size (by default, of the last one's) can be handed over now or soon.

        False counts the step as dropped: copy nothing and do not call ``write`` for it.
        """
        size_bytes = self._last_step_bytes if size_bytes is None else size_bytes
        if self._open_for_writing() and self._room(size_bytes):
            return True
        self._dropped_steps += not self._closed
        return False

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An uninitialized array to copy a tensor into; its memory is used again once it has been written."""
        return self._memory.empty(shape, dtype)

    def write(
        self,
        step: int,
        mode: Mode,
        mode_step: int,
        tensors: Sequence[NamedArray],
        shapes: Sequence[Shape] = (),
    ) -> bool:
        """Hands over all tensors of one global step; False when they were dropped, which is counted.

        The arrays are not copied: they belong to the writer from here on.
        """
        try:
            size_bytes = sum(array.nbytes for _, array in tensors)
            self._last_step_bytes = size_bytes
            if self._open_for_writing() and self._room(size_bytes):
                self._hand_over(
                    _Step(Moment(step, mode, mode_step, time.time()), tensors, shapes, size_bytes)
                )
                return True
            self._dropped_steps += not self._closed
            for _, array in tensors:
                self._memory.give_back(array)
        except Exception as error:
            self._stop(f"{error!r} while handing over step {step}")
        return False

    def set_collections(self, collections: Mapping[str, Collection]) -> None:
        """What the collections file says from the next saved step on. It is written again when it changes."""
        try:
            self._collections = to_json(collections, self.num_workers)
        except Exception as error:
            self._stop(f"{error!r} in the collections")

    def flush(self, timeout_s: float | None = None) -> bool:
        """Waits until all that was handed over is on disk; False when that took too long."""
        with self._moved:
            return self._moved.wait_for(lambda: self._finished_steps >= self._handed_steps, timeout_s)

    def close(self, timeout_s: float = 60.0) -> Report:
        """Writes what is left, then the end marker; says once what was lost. Again: the same report.

        By itself at exit. After ``timeout_s`` what is left is given up.
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
            at_sigterm.leave(self.close)
        if not stuck:
            self._finish()
        self._memory.forget()
        report = self.report()
        if report.lost_something:
            log.warning("Debugger %s: %s", self.worker, report)
        return report

    def report(self) -> Report:
        return Report(
            self._saved_steps, self._saved_bytes, self._dropped_steps, self._dropped_tensors, self._stopped
        )

    @property
    def stopped(self) -> str | None:
        """Why nothing is written any more; None while all is well. A hook may take itself out then."""
        return self._stopped

    def after_fork_in_child(self) -> None:
        """The thread did not come along, and the locks may be held for ever."""
        self._moved = threading.Condition()
        self._queue = queue.SimpleQueue()
        if self._thread is not None:
            self._closed, self._thread = True, None
            atexit.unregister(self.close)
            at_sigterm.leave(self.close)

    def _open_for_writing(self) -> bool:
        return not self._closed and self._stopped is None

    def _room(self, size_bytes: int) -> bool:
        def fits() -> bool:
            return self._waiting_bytes == 0 or self._waiting_bytes + size_bytes <= self._budget_bytes

        with self._moved:
            if fits():
                return True
            if self._stalled:
                return False
            if self._moved.wait_for(lambda: fits() or self._stopped is not None, self._max_wait_s):
                return self._stopped is None
            self._stalled = True
            return False

    def _hand_over(self, step: _Step) -> None:
        if self._thread is None:
            self._start()
        with self._moved:
            self._waiting_bytes += step.size_bytes
            self._handed_steps += 1
        self._queue.put(step)

    def _start(self) -> None:
        # A daemon: the interpreter would otherwise wait for it before it runs what was left for the exit.
        self._thread = threading.Thread(target=self._run, name="clary-tensors", daemon=True)
        self._thread.start()
        atexit.register(self.close)
        if self._on_sigterm:
            at_sigterm.call(self.close)

    def _run(self) -> None:
        while True:
            step = self._queue.get()
            if step is None:
                return
            try:
                self._save(step)
            except Exception as error:
                self._dropped_steps += 1
                self._stop(_reason(error, step.moment.step))
            finally:
                for _, array in step.tensors:
                    self._memory.give_back(array)
                with self._moved:
                    self._waiting_bytes -= step.size_bytes
                    self._finished_steps += 1
                    self._stalled = False
                    self._moved.notify_all()
                # The loop variable must not keep a whole step alive until the next one comes.
                del step

    def _save(self, step: _Step) -> None:
        if self._stopped is not None:
            self._dropped_steps += 1
            return
        leave_room(self.root, step.size_bytes)
        # First: a reader of the steps can't do without, and a process may be killed after any file.
        self._write_collections()
        written = write_step(self.root, self.worker, step.moment, step.tensors, step.shapes)
        self._saved_steps += 1
        self._saved_bytes += written.saved_bytes
        self._dropped_tensors += written.unsupported

    def _write_collections(self) -> None:
        collections = self._collections
        if collections is not None and collections != self._written_collections:
            write_atomically(os.path.join(self.root, collections_path(self.worker)), [collections])
            self._written_collections = collections

    def _finish(self) -> None:
        """Also of a capture that was stopped: readers can read what it had saved, and wait for its end."""
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


def _marks_the_end(worker: str) -> bool:
    return worker == CHIEF and not os.environ.get("TRAINING_JOB_NAME")


def _reason(error: BaseException, step: int | None) -> str:
    what = error.strerror or str(error) if isinstance(error, OSError) else repr(error)
    return what if step is None else f"{what} at step {step}"
