"""A container as the user's process of a host.

    agent ── engine: create, attach, start ── the image's program ── ...
      └── a thread waits for the end of its first process, and asks what the kernel and the engine say of it

The kernel's processes of a container are seen from outside too. So SIGTERM is sent to them as in a sandbox
(``termination.py``), where this process may do that; else the engine sends it to the first one.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from ..bounds.cgroups import group_of
from ..notes import note, note_exception
from ..processes import below, caught_signals, everything
from ..user_process.process import UserProcess
from .devices import podman_orders
from .engine import EngineError
from .memory import ContainerMemory
from .output import follow_output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from ..bounds import Bounds
    from ..processes import Process
    from ..user_process.process import Child
    from .engine import Engine

NO_PROCESS = (1 << 22) + 1
"""The id of no process: the kernel has none above 2 to the 22nd. Of a container that can't be seen here."""
LOOK_AGAIN_S = 0.01
OUTPUT_S = 5.0
"""How long the rest of the output may take after the end."""
AWAY_S, AGAIN_S = 60.0, 0.5
"""How long the engine may be away at the start, as at its own restart, and how often it is asked."""
BEGUN = ("running", "exited", "stopped", "dead", "stopping")
_TERM = 1 << (signal.SIGTERM - 1)


class Container:
    """One container from its creation to its end, as a ``Child`` of UserProcess."""

    def __init__(
        self,
        engine: Engine,
        name: str,
        orders: dict[str, Any],
        ml: Path,
        on_network: Callable[[int], None],
        on_end: Callable[[], None],
        *,
        gpus: Sequence[int | str] = (),
    ) -> None:
        """ml: what is mounted at /opt/ml. gpus: that it gets, as in ``orders``.

        on_network: called with a process of the container, once its network is there. With Podman that is
        before its program starts. on_end: called when it has ended, before anybody is told; it may raise
        EngineError.
        """
        self.pid = NO_PROCESS
        self.returncode: int | None = None
        self.memory = ContainerMemory()
        self.id = ""
        self.layer = ""
        """The folder of this machine with what it writes outside of mounts, once it was started.

        Empty where it can't be read here, and of engines that do not say where it is.
        """
        self._engine = engine
        self._name = name
        self._orders = orders
        self._ml = ml
        self._on_network = on_network
        self._on_end = on_end
        self._gpus = gpus
        self._over = threading.Event()
        """Its first process has ended."""

    def create(self) -> None:
        """Creates it. Raises EngineError."""
        if self._gpus and self._engine.is_podman:
            self.id = self._engine.create_by_podman(podman_orders(self._name, self._orders, self._gpus))
        else:
            self.id = self._engine.create(self._name, self._orders)

    def start(self, output: int) -> Child:
        """Runs the image with its output in a descriptor. Call ``create`` before. Raises EngineError."""
        link = self._engine.attach(self.id)
        writing = os.dup(output)
        follow = partial(follow_output, link, writing, lambda: self._engine.attach(self.id), self._over)
        reader = threading.Thread(target=follow, name="container output", daemon=True)
        try:
            process = self._find_process()
            self._begin()
        except BaseException:
            link.close()
            os.close(writing)
            raise
        reader.start()
        process = self._find_process() if process is None else process
        watch = threading.Thread(
            target=self._watch, args=(process, reader, writing), name="container", daemon=True
        )
        watch.start()
        return self

    @property
    def is_visible(self) -> bool:
        """Whether its processes can be seen from here, and still run."""
        return self.pid != NO_PROCESS and self.returncode is None

    def poll(self) -> int | None:
        return self.returncode

    def signal(self, name: str) -> None:
        """Sends a signal to the first process, through the engine."""
        try:
            self._engine.kill(self.id, name)
        except EngineError as error:
            note(f"the container could not get SIG{name}: {error}")

    def _begin(self) -> None:
        """Starts it, once: an engine that goes away in the middle is asked what came of it."""
        try:
            self._engine.start(self.id)
        except EngineError as error:
            if error.status:
                raise
            give_up_at = time.monotonic() + AWAY_S
            while True:
                try:
                    begun = self._state().get("Status") in BEGUN
                    break
                except EngineError:
                    if time.monotonic() > give_up_at:
                        raise
                    time.sleep(AGAIN_S)
            if not begun:
                raise

    def _find_process(self) -> int | None:
        """Finds its first process; returns a descriptor that becomes readable when that has ended."""
        found = self._engine.inspect(self.id) or {}
        upper = ((found.get("GraphDriver") or {}).get("Data") or {}).get("UpperDir")
        if upper and os.access(upper, os.R_OK | os.X_OK):
            self.layer = upper
        pid = int((found.get("State") or {}).get("Pid") or 0)
        try:
            descriptor = os.pidfd_open(pid) if pid > 0 else None
            if descriptor is None:
                return None
            if not self._is_ours(pid):
                os.close(descriptor)
                return None
        except OSError:
            return None
        self.pid = pid
        self.memory.follow(group_of(pid))
        self._on_network(pid)
        return descriptor

    def _is_ours(self, pid: int) -> bool:
        """Whether a process is in the container.

        An engine in a virtual machine, or of another namespace, counts other processes.
        """
        if self.id in _groups(pid):
            return True
        # Engines without root make no control groups under version 1.
        return os.path.samefile(f"/proc/{pid}/root/opt/ml", self._ml)

    def _watch(self, process: int | None, reader: threading.Thread, writing: int) -> None:
        code = 255
        try:
            if process is not None:
                end = select.poll()
                end.register(process, select.POLLIN)
                end.poll()
                self._over.set()
                # At once: the engine removes the control group.
                self.memory.kills()
                os.close(process)
            code = self._exit_code()
            self._over.set()
            self._on_end()
        except Exception as error:
            note_exception(error)
        self._over.set()
        reader.join(OUTPUT_S)
        os.close(writing)
        self.returncode = code
        # Wakes the main thread as the end of a child does.
        os.kill(os.getpid(), signal.SIGCHLD)

    def _exit_code(self) -> int:
        while True:
            try:
                state = self._state()
                if state.get("Status") not in ("created", "running", "stopping", "paused", "restarting"):
                    break
                if self.pid == NO_PROCESS:
                    self._engine.wait(self.id)
                else:
                    time.sleep(LOOK_AGAIN_S)
            except EngineError as error:
                # It is restarted perhaps. Docker can keep containers meanwhile, and Podman always does.
                note(str(error))
                time.sleep(1.0)
        if state.get("OOMKilled"):
            self.memory.engine_says_killed = True
        return int(state.get("ExitCode", 255))

    def _state(self) -> dict[str, Any]:
        found = self._engine.inspect(self.id)
        return {} if found is None else dict(found["State"])


class ContainerProcess(UserProcess):
    """Follows a container to its end. Who looks after the host removes it (``leftovers.py``)."""

    def __init__(
        self,
        container: Container,
        *,
        bounds: Bounds,
        on_lines: Callable[[Sequence[bytes]], None],
        on_text: Callable[[Sequence[bytes]], None] | None = None,
    ) -> None:
        self._container = container
        self._told = False
        super().__init__(
            container.start, private=True, on_lines=on_lines, on_text=on_text, bounds=bounds, is_first=True
        )
        if container.layer:
            bounds.count_also(container.layer)

    def kill(self) -> None:
        self._container.signal("KILL")

    def tell(self) -> bool:
        container = self._container
        if not container.is_visible or not _may_signal(container.pid):
            if not self._told:
                container.signal("TERM")
            self._told = True
            return True
        told_before, self._told = self._told, super().tell()
        there = everything()
        # The kernel drops SIGTERM for the first process of a container that has no handler for it. Alone, it
        # would only use up the grace period.
        alone = container.pid in there and not below(container.pid, there)
        if told_before and alone and not caught_signals(container.pid) & _TERM:
            self.kill()
        return self._told

    def _own_processes(self, there: dict[int, Process]) -> set[int]:
        first = self._container.pid
        if not self._container.is_visible or first not in there:
            return set()
        return {first} | below(first, there)


def _may_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _groups(pid: int) -> str:
    with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as file:
        return file.read()
