"""The process of the registry server: started at first use, watched, ended with the server.

It listens on a Unix socket in a folder that only the server's user can enter: its one client is this server,
which has asked who wants what (``door``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import socket
import subprocess
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, ServiceUnavailable
from clary.host.sandbox.detection import dies_with_parent

from .program import HOW_TO_INSTALL, registry_program
from .storage import mend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

log = logging.getLogger("clary.server")

START_S = 20.0
END_S = 5.0
CHANGING_S = 120.0
"""For how long a request waits while the process starts, or garbage is collected."""
LOOK_S = 0.01
SOCKET, CONFIGURATION = "registry.sock", "registry.yml"
MISSING = "RegistryNotInstalledException"


class RegistryServer:
    """Safe to use from any thread. Each use is counted, so that ``halted`` can wait for all of them."""

    def __init__(self, storage: Path, run: Path) -> None:
        """storage: of the images; servers of one database share it. run: a folder of this server alone."""
        self.storage = storage
        self._run = run
        self._turn = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = -1
        self._uses = 0
        self._closed = False
        self._changing = False
        """Whether one thread starts or ends the process just now. Nobody else touches it then."""
        self._said: deque[str] = deque(maxlen=20)
        self.used_at = 0.0
        """time.monotonic() of the end of the last use."""

    def check(self) -> None:
        """Raises BadRequest, with what to install, when the program is not here."""
        if not registry_program():
            raise BadRequest(f"There is no registry server on this machine: {HOW_TO_INSTALL}.", code=MISSING)

    @contextlib.contextmanager
    def use(self) -> Iterator[str]:
        """Returns the path of its socket for as long as the block lasts. Starts it.

        Raises BadRequest where it is not installed, and ServiceUnavailable when it does not start.
        """
        path = self._begin()
        try:
            yield path
        finally:
            self._end()

    @contextlib.asynccontextmanager
    async def used(self) -> AsyncIterator[str]:
        """The same in an event loop, which does not wait for a start."""
        path = self._begin_now()
        if path is None:
            beginning = asyncio.ensure_future(asyncio.to_thread(self._begin))
            try:
                path = await asyncio.shield(beginning)
            except asyncio.CancelledError:
                beginning.add_done_callback(self._end_unused)
                raise
        try:
            yield path
        finally:
            self._end()

    @contextlib.contextmanager
    def halted(self) -> Iterator[bool]:
        """Ends the process for the block, unless it is used just now: False. New uses wait meanwhile."""
        with self._turn:
            free = not (self._uses or self._changing or self._closed)
            self._changing = self._changing or free
        try:
            if free:
                self._stop()
            yield free
        finally:
            if free:
                self._changed()

    def close(self) -> None:
        """Ends the process. No use begins any more."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
            self._turn.wait_for(lambda: not self._changing, END_S)
        self._stop()
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def configuration(self) -> Path:
        """Writes the configuration; returns its path."""
        self._run.mkdir(mode=0o700, exist_ok=True)
        self.storage.mkdir(mode=0o700, exist_ok=True)
        document = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self.storage)},
                "maintenance": {
                    # What a push that was cut has left.
                    "uploadpurging": {"enabled": True, "age": "24h", "interval": "1h", "dryrun": False}
                },
            },
            # A Location without a host is right for whoever asks.
            "http": {"net": "unix", "addr": SOCKET, "relativeurls": True, "secret": self._secret()},
        }
        path = self._run / CONFIGURATION
        # YAML is a superset of JSON.
        path.write_text(json.dumps(document))
        path.chmod(0o600)
        return path

    def _secret(self) -> str:
        """Seals the state of uploads in their addresses; a push goes on after a restart."""
        path = self.storage / "secret"
        with contextlib.suppress(FileExistsError):
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_text(secrets.token_hex(32))
            draft.chmod(0o600)
            try:
                os.link(draft, path)
            finally:
                draft.unlink()
        return path.read_text()

    def _begin_now(self) -> str | None:
        """Begins a use when that takes no time; None when the process has to be started."""
        with self._turn:
            if self._changing or self._closed or not self._runs():
                return None
            self._uses += 1
            return self._socket()

    def _begin(self) -> str:
        self.check()
        with self._turn:
            unchanging = self._turn.wait_for(lambda: self._closed or not self._changing, CHANGING_S)
            if not unchanging or self._closed:
                raise ServiceUnavailable("The registry of images is being cleaned, or ends. Try again.")
            if self._runs():
                self._uses += 1
                return self._socket()
            self._changing = True
        # Without the lock, which the event loop takes too.
        begun = False
        try:
            self._start()
            begun = True
        finally:
            self._changed(begun)
        return self._socket()

    def _changed(self, begun: bool = False) -> None:
        with self._turn:
            self._changing = False
            self._uses += begun
            self._turn.notify_all()

    def _end(self) -> None:
        with self._turn:
            self._uses -= 1
            self.used_at = time.monotonic()

    def _end_unused(self, begun: asyncio.Future[str]) -> None:
        if not begun.cancelled() and begun.exception() is None:
            self._end()

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _socket(self) -> str:
        # The address of a Unix socket has at most 107 bytes, and the folder may have a longer name.
        return f"/proc/self/fd/{self._folder}/{SOCKET}"

    def _start(self) -> None:
        if self._process is not None:
            log.error("the registry server ended with %s: %s", self._process.returncode, self._last_words())
        configuration = self.configuration()
        mend(self.storage)
        if self._folder < 0:
            self._folder = os.open(self._run, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        (self._run / SOCKET).unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [*dies_with_parent(), registry_program(), "serve", str(configuration)],
            cwd=self._run,
            env=registry_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(
            target=self._listen, args=(self._process,), name="clary-registry", daemon=True
        ).start()
        until = time.monotonic() + START_S
        while not _listens(self._socket()):
            if not self._runs() or time.monotonic() > until:
                self._stop()
                raise ServiceUnavailable(
                    f"The registry server of images does not start: {self._last_words()}"
                )
            time.sleep(LOOK_S)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Reads what it prints, a line for each request that it refuses, and keeps the last ones."""
        assert process.stdout is not None
        with process.stdout:
            while line := process.stdout.readline(64 << 10):
                text = line.decode("utf-8", "replace").rstrip()
                self._said.append(text)
                log.debug("registry: %s", text)

    def _last_words(self) -> str:
        return " | ".join(list(self._said)[-3:])[-2000:] or "it said nothing"


def registry_environment() -> dict[str, str]:
    """Without variables of the user: those that begin with REGISTRY_ would change the configuration."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "OTEL_TRACES_EXPORTER": "none"}


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(path)
        except OSError:
            return False
    return True
