"""Hosts as processes of this machine.

Each host has a folder. Its agent holds a lock on a file there for as long as it lives: the lock was
taken before the agent was started and handed to it, so there is no moment in which a starting agent
looks dead, a recycled process id never looks alive, and whoever serves next can tell the same way.
The agent writes ``exit.json`` as its last act; a free lock without it means the agent was killed.

    hosts/<host id>/spec.json   what the host is told (mode 0600: it holds credentials)
                    agent.lock  held while the agent lives
                    agent.pid   whom to signal
                    agent.log   what the agent itself had to say
                    exit.json   how it ended
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import clary
from clary.compute.backend import LOST
from clary.host.sandbox import probe
from clary.host.sandbox.detection import CHOICE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.domain.hosts import HostSpec

_SOURCE = str(Path(clary.__file__).parent.parent)

# -I and -S keep site-packages and the user's PYTHON* variables out: the agent starts in milliseconds.
_START = f"import sys; sys.path.insert(0, {_SOURCE!r}); from clary.host.agent import main; main()"


class ProcessBackend:
    """Runs each host's agent as a detached process; it outlives the server."""

    def __init__(self, root: Path, *, sandbox: str = "auto") -> None:
        """sandbox: a ``SandboxKind`` for every host, or ``auto`` for the best that works here."""
        self.root = root
        self._sandbox = sandbox
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    async def launch(self, host_id: str, spec: HostSpec) -> str:
        folder = self._folder(host_id)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock = os.open(folder / "agent.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return host_id
        try:
            if not (folder / "exit.json").exists():
                self._start(host_id, folder, spec, lock)
        finally:
            os.close(lock)
        return host_id

    async def poll(self, handle: str) -> int | None:
        folder = self._folder(handle)
        if _is_locked(folder / "agent.lock"):
            return None
        self._reap(handle)
        try:
            exit_code: int = json.loads((folder / "exit.json").read_text())["ExitCode"]
        except (OSError, ValueError, KeyError):
            return LOST
        return exit_code

    async def last_words(self, handle: str) -> str:
        try:
            lines = (self._folder(handle) / "agent.log").read_text(errors="replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    async def stop(self, handle: str) -> None:
        folder = self._folder(handle)
        if not _is_locked(folder / "agent.lock"):
            return
        pid = _agent_pid(folder)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    async def forget(self, handle: str) -> None:
        folder = self._folder(handle)
        if not _is_locked(folder / "agent.lock"):
            self._reap(handle)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def handles(self) -> list[str]:
        return sorted(folder.name for folder in self.root.glob("*") if folder.is_dir())

    def _folder(self, host_id: str) -> Path:
        if not host_id or "/" in host_id or host_id.startswith("."):
            raise ValueError(f"{host_id!r} can't name a host's folder")
        return self.root / host_id

    def _start(self, host_id: str, folder: Path, spec: HostSpec, lock: int) -> None:
        if self._sandbox == "auto":
            self._sandbox = probe().kind.value  # once, not in every agent
        descriptor = os.open(folder / "spec.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(spec.to_json())
        with (folder / "agent.log").open("ab") as output, _sigterm_blocked():
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
                start_new_session=True,
                env={**os.environ, CHOICE_VARIABLE: self._sandbox},
                cwd="/",
            )
        (folder / "agent.pid").write_text(str(child.pid))
        self._children[host_id] = child

    def _reap(self, host_id: str) -> None:
        child = self._children.pop(host_id, None)
        if child is not None:
            # The lock went with its last breath, so there is next to nothing to wait for.
            child.wait()


@contextlib.contextmanager
def _sigterm_blocked() -> Iterator[None]:
    """What is started meanwhile starts with SIGTERM held back: a stop can't come too early for an agent.

    The agent lets it through once it has its handler.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _agent_pid(folder: Path) -> int | None:
    """The pid as written; found in /proc when the server died before it could write it."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / "agent.pid").read_text())
    last = os.fsencode(str(folder)) + b"\0"
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if command.endswith(last) and b"clary.host.agent" in command:
                return int(process.name)
    return None
