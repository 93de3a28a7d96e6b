"""The user's process, from its start to the end of all its descendants.

    agent ── sandbox program ── process 1 of the sandbox ── the user's process ── ...

SIGTERM is sent to the processes in the sandbox in an order that lets a script save (``termination.py``).
SIGKILL is sent to process 1, and the kernel then ends everything in the sandbox. Without a sandbox the user's
process leads a session of its own instead.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..processes import below, everything, send
from .output_lines import OutputLines
from .termination import Termination

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..bounds import Bounds
    from ..processes import Process
    from ..stop import StopSwitch

READ_BYTES = 65_536
DRAIN_S = 2.0
LOOK_EVERY_S = 0.5
"""How often the bounds are checked."""
STARTERS = (b"bwrap: execvp ", b"setpriv: failed to execute ")
"""What programs that start a command print before its name when it can't be run."""
SIGNAL_EVERY_S = 0.25
"""How often a job that is to stop is searched for processes that have not got the signal yet."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process ended.

    exit_code: 128 + the number of the signal that ended it. last_lines: the last non-empty lines of its
    output. broken: the bound that it broke, which ended it; empty otherwise.
    """

    exit_code: int
    stopped: bool
    out_of_time: bool
    last_lines: tuple[str, ...]
    broken: str = ""


class Child(Protocol):
    """A process that was started: a ``Popen``, or a ``Standby``. returncode: negative for a signal."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...


def spawned(
    argv: Sequence[str],
    environment: Mapping[str, str],
    folder: str,
    *,
    descriptors: Sequence[int] = (),
    before_exec: Callable[[], None] | None = None,
) -> Callable[[int], Child]:
    """Returns what starts the program ``argv`` with its output in a descriptor. That raises OSError.

    descriptors: what the process inherits beside its output. before_exec: as an Entrance has it.
    """
    return lambda output: subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=dict(environment),
        cwd=folder,
        pass_fds=descriptors,
        preexec_fn=before_exec,
        start_new_session=True,
    )


class UserProcess:
    """Follows one process and passes on its output. To be created and used in the main thread only.

    The kernel ends a sandbox when the thread that started it ends, so that has to be the main thread.
    """

    def __init__(
        self,
        start: Callable[[int], Child],
        *,
        private: bool,
        on_lines: Callable[[Sequence[bytes]], None],
        on_text: Callable[[Sequence[bytes]], None] | None = None,
        bounds: Bounds | None = None,
        is_first: bool = False,
    ) -> None:
        """start: called with the descriptor of the process's output. It may raise OSError.

        private: what it starts is a sandbox. on_lines, on_text: as OutputLines has them. bounds: those that
        the process is in. is_first: it is process 1 of the sandbox itself, not the parent of that.
        """
        reading, writing = os.pipe()
        try:
            self._process = start(writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        os.set_blocking(reading, False)
        self._output = reading
        self._private = private
        self._is_first = is_first
        self._lines = OutputLines(on_lines, on_text, _without_starter)
        self._termination = Termination(self._own_processes)
        self._bounds = bounds
        if bounds is not None:
            bounds.follow(self._process.pid, self._own_processes)

    @property
    def pid(self) -> int:
        """The id of the process from which all others of the job descend."""
        return self._process.pid

    @property
    def disk_percent(self) -> float | None:
        """How full the job's volume was when it was last counted; None where it has no limit."""
        return None if self._bounds is None else self._bounds.disk_percent

    def wait(
        self,
        switch: StopSwitch,
        *,
        deadline: float,
        grace_s: float,
        kill_now: Callable[[], bool],
        every_s: float = float("inf"),
        meanwhile: Callable[[], None] = lambda: None,
        on_kill: Callable[[], None] = lambda: None,
    ) -> Ended:
        """Waits for the end.

        Sends SIGTERM on a stop or at ``deadline`` (monotonic), SIGKILL ``grace_s`` later.

        meanwhile: called about every ``every_s`` while the process runs. kill_now: returns whether to end the
        process without a grace period. on_kill: called after each kill.
        """
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        poll.register(switch.wakeup_fd, select.POLLIN)
        stopped = out_of_time = open_ended = False
        kill_at: float | None = None
        next_call = tell_at = time.monotonic()
        while self._process.poll() is None:
            now = time.monotonic()
            if kill_at is None and (switch.requested or now >= deadline):
                stopped, out_of_time = switch.requested, not switch.requested
                kill_at = now + (0.0 if kill_now() else grace_s)
            if kill_at is not None and (now >= kill_at or kill_now()):
                self.kill()
                on_kill()
                kill_at = now + 1.0  # again, in case process 1 was created meanwhile
            elif kill_at is not None and now >= tell_at:
                tell_at = now + (SIGNAL_EVERY_S if self.tell() else 0.01)
            if now >= next_call:
                next_call = now + every_s
                meanwhile()
            if self._bounds is not None and self._bounds.broken:
                self.kill()
                on_kill()
            stop_at = deadline if kill_at is None else min(kill_at, tell_at)
            wake_at = min(next_call, stop_at, self._lines.due_at, now + LOOK_EVERY_S)
            for descriptor, _event in poll.poll(max(1.0, (wake_at - time.monotonic()) * 1000)):
                if descriptor == switch.wakeup_fd:
                    _empty(descriptor)
                elif not open_ended and not self._read():
                    open_ended = True
                    poll.unregister(self._output)
            self._lines.flush(time.monotonic())
        self._drain()
        if self._bounds is not None:
            self._bounds.close()
        broken = self._bounds.broken if self._bounds is not None else ""
        return Ended(self._exit_code(), stopped, out_of_time, self._lines.last_lines, broken)

    def tell(self) -> bool:
        """Sends the SIGTERMs that are due now. Returns whether there was a process to tell."""
        return self._termination.signal()

    def kill(self) -> None:
        """Ends all processes of the job at once."""
        if not self._private:
            _signal_group(self._process.pid, signal.SIGKILL)
            return
        for pid in self._first_inside(everything()):
            send(pid, signal.SIGKILL)
        send(self._process.pid, signal.SIGKILL)

    def _first_inside(self, there: dict[int, Process]) -> list[int]:
        """Returns process 1 of the sandbox, when it exists."""
        if self._is_first:
            return [self._process.pid]
        return [each.pid for each in there.values() if each.parent == self._process.pid]

    def _own_processes(self, there: dict[int, Process]) -> set[int]:
        """Returns the processes of the user."""
        if self._private:
            return {pid for first in self._first_inside(there) for pid in below(first, there)}
        leader = self._process.pid
        return {each.pid for each in there.values() if each.session == leader} | below(leader, there)

    def _read(self) -> bool:
        """Passes on the available output. Returns False at the end of the output."""
        try:
            data = os.read(self._output, READ_BYTES)
        except BlockingIOError:
            return True
        self._lines.feed(data, time.monotonic())
        return bool(data)

    def _drain(self) -> None:
        """Reads the rest of the output, for DRAIN_S at most: without a sandbox an orphan may hold it open."""
        if not self._private:
            _signal_group(self._process.pid, signal.SIGKILL)
        until = time.monotonic() + DRAIN_S
        while (left_s := until - time.monotonic()) > 0:
            if select.select([self._output], [], [], left_s)[0] and not self._read():
                break
        self._lines.finish()
        os.close(self._output)

    def _exit_code(self) -> int:
        code = self._process.returncode
        assert code is not None  # it has ended
        return 128 - code if code < 0 else code


def _without_starter(line: bytes) -> bytes:
    """Returns ``nosuch: No such file or directory``, as a shell prints it, for the line of any starter."""
    return next((line.removeprefix(each) for each in STARTERS if line.startswith(each)), line)


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _empty(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        return
