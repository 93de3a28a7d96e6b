"""The server's end of the driver: starts it, asks it, and starts it again when it has died."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import socket
import subprocess
import threading
import time
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import clary
from clary.compute.backend import BackendAway

from .messages import LONGEST_BYTES, DriverSettings, line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

log = logging.getLogger("clary.compute")

PAUSE_S = 1.0
"""Between two drivers, while the cluster can't be reached."""

_SOURCE = str(Path(clary.__file__).parent.parent)
_START = (
    f"import sys; sys.path.insert(0, {_SOURCE!r}); from clary.compute.backends.ray.driver import main; main()"
)


class _DriverDied(Exception):
    """Nobody knows whether the driver did what it was asked. It may be asked again."""


class DriverLink:
    """Asks the driver. Thread-safe, and used by any event loop."""

    def __init__(self, python: str, settings: DriverSettings, output: Path | None = None) -> None:
        """python: of an environment with Ray. output: the file for what Ray prints."""
        self._python = python
        self._settings = settings
        self._output = output
        self._turn = threading.Lock()
        self._process: DriverProcess | None = None
        self._not_before = 0.0
        self._away = ""
        self._closed = False
        self.nodes: list[dict[str, Any]] = []
        """The nodes that are alive, as ``ClusterNodes.look`` returns them."""
        self.no_node_for: Collection[str] = ()
        """The owners that wait for nodes which the cluster's autoscaler can't add."""
        self.generation = 0
        """How many drivers have been connected: each may have found another cluster."""
        self.on_change: Callable[[], None] = lambda: None
        """Called by any thread when ``nodes`` or ``generation`` have changed."""

    def begin(self) -> None:
        """Starts the driver if it does not run."""
        with self._turn:
            self._running()

    @property
    def trouble(self) -> str:
        """Why the cluster can't be asked now; empty if it can."""
        return self._away

    async def ask(self, method: str, **arguments: Any) -> Any:
        """Returns the answer of the driver. Raises BackendAway, and RuntimeError for what it refuses.

        A driver that died is followed by another one, which is asked again.
        """
        while True:
            with self._turn:
                asked = self._running().ask(method, arguments)
            try:
                return await asyncio.wrap_future(asked)
            except _DriverDied:
                if self._away:
                    raise BackendAway(self._away) from None

    def close(self) -> None:
        """Ends the driver. Everything on the cluster goes on."""
        with self._turn:
            self._closed = True
            if self._process is not None:
                self._process.end()
                self._process = None

    def _running(self) -> DriverProcess:
        """Returns the present driver, or a new one. Raises BackendAway."""
        if self._closed:
            raise BackendAway("the server ends")
        if self._process is None or self._process.died:
            if time.monotonic() < self._not_before:
                raise BackendAway(self._away or "the process that speaks to Ray is started again")
            self._not_before = time.monotonic() + PAUSE_S
            self._process = DriverProcess(self._python, self._settings, self._output, self._heard)
        return self._process

    def _heard(self, document: dict[str, Any]) -> None:
        """Called by the thread that reads from the driver."""
        if "Away" in document:
            words = f"the Ray cluster at {self._settings.address} does not answer: {document['Away']}"
            if words != self._away:
                log.warning("%s", words)
            self._away = words
        if "Nodes" in document:
            self.nodes, self.no_node_for = document["Nodes"], document["NoNodeFor"]
        if "Ready" in document:
            if self._away:
                log.warning("the Ray cluster at %s answers again", self._settings.address)
            self._away = ""
            self.generation += 1
        self.on_change()


class DriverProcess:
    """One driver, and what it was asked."""

    def __init__(
        self,
        python: str,
        settings: DriverSettings,
        output: Path | None,
        heard: Callable[[dict[str, Any]], None],
    ) -> None:
        self.died = False
        self._heard = heard
        self._waiting: dict[int, Future[Any]] = {}
        self._count = 0
        self._turn = threading.Lock()
        ours, theirs = socket.socketpair()
        given = json.dumps(dataclasses.asdict(settings))
        printed: IO[bytes] | int = subprocess.DEVNULL if output is None else output.open("ab")
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [python, "-c", _START, given, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=printed,
                    stderr=printed,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                    cwd="/",
                    env=driver_environ(os.environ),
                )
        finally:
            if not isinstance(printed, int):
                printed.close()
        self._link = ours
        threading.Thread(target=self._read, name="answers of the Ray driver", daemon=True).start()

    def ask(self, method: str, arguments: dict[str, Any]) -> Future[Any]:
        future: Future[Any] = Future()
        with self._turn:
            if self.died:
                future.set_exception(_DriverDied())
                return future
            self._count += 1
            self._waiting[self._count] = future
            try:
                self._link.sendall(line({"Id": self._count, "Ask": method, "With": arguments}))
            except OSError:
                del self._waiting[self._count]
                future.set_exception(_DriverDied())
        return future

    def end(self) -> None:
        with contextlib.suppress(OSError):  # it has died, and its link is closed
            self._link.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        try:
            with self._link.makefile("rb") as lines:
                while text := lines.readline(LONGEST_BYTES):
                    self._take(json.loads(text))
        except (OSError, ValueError):
            pass
        with self._turn:
            self.died = True
            left, self._waiting = self._waiting, {}
        for future in left.values():
            _settle(future, error=_DriverDied())
        self._process.kill()
        self._process.wait()
        self._link.close()

    def _take(self, document: dict[str, Any]) -> None:
        if "Id" not in document:
            self._heard(document)
            return
        with self._turn:
            future = self._waiting.pop(document["Id"], None)
        if future is None:
            return
        if "Answer" in document:
            _settle(future, document["Answer"])
        elif document["Away"]:
            _settle(future, error=BackendAway(document["Trouble"]))
        else:
            _settle(future, error=RuntimeError(document["Trouble"]))


def _settle(future: Future[Any], answer: Any = None, *, error: Exception | None = None) -> None:
    try:
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)
    except InvalidStateError:
        return  # whoever asked has gone


def driver_environ(environ: Any) -> dict[str, str]:
    """Returns the variables of a driver: those of the server, without passwords and without its Python's."""
    from clary.compute.backends.process import SECRETS

    own = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {
        name: value
        for name, value in environ.items()
        if name.startswith("RAY_") or (name not in SECRETS and name not in own)
    }
    return {**kept, "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
