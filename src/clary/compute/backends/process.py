"""Hosts as processes of this machine.

Each host has a folder. Its agent holds a lock on a file there as long as it lives. The lock is taken before
the agent starts and passed to it, so a starting agent never looks dead and a reused process id never looks
alive, also to the next server. The agent writes ``exit.json`` at its end; a free lock without it means that
the agent was killed.

    hosts/<host id>/spec.json   the host's spec (mode 0600: it contains credentials)
                    agent.lock  held while the agent lives
                    agent.pid   the process to signal
                    agent.log   the agent's own output
                    exit.json   how it ended
                    asked       the time of the first stop
                    ended       present if the agent did not stop and was killed
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import time
from typing import TYPE_CHECKING, Protocol

from clary.compute.backend import ENDED, LOST
from clary.host.bounds import NOTE, forget_groups
from clary.host.inputs.node_cache import FOLDER_VARIABLE
from clary.host.removal import remove_tree
from clary.host.sandbox import probe
from clary.host.sandbox.detection import CHOICE_VARIABLE
from clary.host.sandbox.fuse_mount import unmount_below

from ._forking import Forker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from clary.domain.hosts import HostSpec

log = logging.getLogger("clary.compute")


WAIT_STEP_S = 0.05
DELIVERY_S = 900.0
"""How long a stopped agent may deliver results, after the grace of its user's process."""


def since_boot() -> float:
    """Returns seconds since boot, the same in every process and independent of the time of day."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


SECRETS = frozenset(
    {
        "CLARY_DATABASE",
        "CLARY_MAIL_SERVER",
        "CLARY_S3_SECRET_ACCESS_KEY",
        "CLARY_SECRET",
        "PGPASSWORD",
        "RAY_AUTH_TOKEN",
        "RAY_AUTH_TOKEN_PATH",
    }
)
"""Variables of the server that have passwords. No agent needs them, and a job without a sandbox could
read them there."""


class OtherFolders(Protocol):
    """Hosts in the folders of other servers of this machine. Their handles end with ``@`` and a server."""

    def hosts_of(self, name: str) -> Path | None:
        """Returns the folder of a server's hosts; None if it is not on this machine."""

    def with_host(self, host_id: str) -> str:
        """Returns the handle of a host that one of them has started; empty for none."""


class ProcessBackend:
    """Runs each host's agent as a detached process; it outlives the server."""

    def __init__(
        self,
        root: Path,
        *,
        sandbox: str = "auto",
        delivery_s: float = DELIVERY_S,
        clock: Callable[[], float] = since_boot,
        others: OtherFolders | None = None,
    ) -> None:
        """sandbox: a ``SandboxKind`` for every host, or ``auto`` for the best that works here.

        clock: seconds that continue while no server runs. others: of servers that are gone, and whose hosts
        this one takes care of.
        """
        self.root = root
        self.sandbox = sandbox
        self._delivery_s = delivery_s
        self._clock = clock
        self._others = others
        self._forker = Forker()

    async def launch(self, host_id: str, spec: HostSpec, *, node: str = "") -> str:
        return await self.launch_text(host_id, spec.to_json())

    async def launch_text(self, host_id: str, spec: str) -> str:
        """As ``launch``, from the text of ``HostSpec.to_json``."""
        if self._others is not None and (handle := self._others.with_host(host_id)):
            there = self._folder(handle)
            if _is_locked(there / "agent.lock") or (there / "exit.json").exists():
                return handle
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
            return ENDED if (folder / "ended").exists() else LOST
        return exit_code

    async def wait(self, handle: str, patience_s: float) -> int | None:
        until = time.monotonic() + patience_s
        while (code := await self.poll(handle)) is None and time.monotonic() < until:
            await asyncio.sleep(WAIT_STEP_S)
        return code

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
        if pid is None:
            return
        number = signal.SIGTERM
        if self._clock() > _asked_at(folder, self._clock()) + _grace_s(folder) + self._delivery_s:
            # The user's processes end with the agent.
            (folder / "ended").touch()
            number = signal.SIGKILL
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    async def forget(self, handle: str) -> None:
        folder = self._folder(handle)
        if not _is_locked(folder / "agent.lock"):
            await asyncio.to_thread(self._remove, folder)

    @staticmethod
    def _remove(folder: Path) -> None:
        try:
            forget_groups(folder / NOTE)
            unmount_below(folder)
            remove_tree(folder)
        except OSError as error:
            # Not repeated: a second try would fail too.
            log.warning("%s can't be removed and stays: %s", folder, error)

    def close(self) -> None:
        """Ends the forker; agents continue."""
        self._forker.close()

    def has(self, handle: str) -> bool:
        """Whether a host was launched here, and not forgotten."""
        return self._folder(handle).is_dir()

    async def handles(self) -> list[str]:
        return sorted(folder.name for folder in self.root.glob("*") if folder.is_dir())

    def _folder(self, handle: str) -> Path:
        if not handle or "/" in handle or handle.startswith("."):
            raise ValueError(f"{handle!r} can't name a host's folder")
        host_id, _, server = handle.partition("@")
        others = self._others.hosts_of(server) if server and self._others is not None else None
        return self.root / handle if others is None else others / host_id

    def _start(self, folder: Path, spec: str, lock: int) -> None:
        if self.sandbox == "auto":
            self.sandbox = probe().kind.value  # once, not in every agent
        descriptor = os.open(folder / "spec.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(spec)
        with (folder / "agent.log").open("ab") as log:
            environ = agent_environ(os.environ, self.sandbox)
            # Beside the hosts' folders, which are linked to its files.
            cache = self.root.with_name(f"{self.root.name}-cache").absolute()
            environ.setdefault(FOLDER_VARIABLE, str(cache))
            self._forker.fork(folder, lock=lock, log=log.fileno(), environ=environ)


def agent_environ(environ: Mapping[str, str], sandbox: str) -> dict[str, str]:
    """Returns an agent's variables: those of the server, without passwords."""
    kept = {name: value for name, value in environ.items() if name not in SECRETS}
    return {**kept, CHOICE_VARIABLE: sandbox}


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
    """Returns the pid that the forker wrote; None if it died before."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / "agent.pid").read_text())
    return None


def _asked_at(folder: Path, now: float) -> float:
    """Returns the time of the first stop of a host; records ``now`` if this is the first."""
    note = folder / "asked"
    with contextlib.suppress(OSError, ValueError):
        return float(note.read_text())
    draft = folder / "asked.new"
    draft.write_text(str(now))
    draft.replace(note)
    return now


def _grace_s(folder: Path) -> float:
    try:
        grace_s: float = json.loads((folder / "spec.json").read_text())["stop_grace_s"]
    except (OSError, ValueError, KeyError):
        return 0.0
    return grace_s
