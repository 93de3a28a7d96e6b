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
import logging
import os
import signal
from typing import TYPE_CHECKING

from clary.compute.backend import LOST
from clary.host.removal import remove_tree
from clary.host.sandbox import probe
from clary.host.sandbox.detection import CHOICE_VARIABLE

from ._forking import Forker

if TYPE_CHECKING:
    from pathlib import Path

    from clary.domain.hosts import HostSpec

log = logging.getLogger("clary.compute")


class ProcessBackend:
    """Runs each host's agent as a detached process; it outlives the server."""

    def __init__(self, root: Path, *, sandbox: str = "auto") -> None:
        """sandbox: a ``SandboxKind`` for every host, or ``auto`` for the best that works here."""
        self.root = root
        self._sandbox = sandbox
        self._forker = Forker()

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
                await asyncio.to_thread(self._start, folder, spec, lock)
        finally:
            os.close(lock)
        return host_id

    async def poll(self, handle: str) -> int | None:
        folder = self._folder(handle)
        if _is_locked(folder / "agent.lock"):
            return None
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
            try:
                await asyncio.to_thread(remove_tree, folder)
            except OSError as error:
                # Tried once: what can't be removed now can't be removed in a second either.
                log.warning("%s can't be removed and stays: %s", folder, error)

    def close(self) -> None:
        """Ends what starts agents; agents go on."""
        self._forker.close()

    async def handles(self) -> list[str]:
        return sorted(folder.name for folder in self.root.glob("*") if folder.is_dir())

    def _folder(self, host_id: str) -> Path:
        if not host_id or "/" in host_id or host_id.startswith("."):
            raise ValueError(f"{host_id!r} can't name a host's folder")
        return self.root / host_id

    def _start(self, folder: Path, spec: HostSpec, lock: int) -> None:
        if self._sandbox == "auto":
            self._sandbox = probe().kind.value  # once, not in every agent
        descriptor = os.open(folder / "spec.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(spec.to_json())
        with (folder / "agent.log").open("ab") as log:
            self._forker.fork(
                folder, lock=lock, log=log.fileno(), environ={**os.environ, CHOICE_VARIABLE: self._sandbox}
            )


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
    """The pid as the forker wrote it; None when it died before it could."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / "agent.pid").read_text())
    return None
