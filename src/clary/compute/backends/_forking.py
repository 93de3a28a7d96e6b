"""The backend's side of the forker (``clary.host.forker``), a process whose forks are agents."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import clary
from clary.domain.hosts.protocol import version
from clary.host.sandbox.detection import CHOICE_VARIABLE
from clary.host.sandbox.memory_file import memory_file

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCE = str(Path(clary.__file__).parent.parent)

# -I and -S keep site-packages and the user's PYTHON* variables out of agents.
_START = f"import sys; sys.path.insert(0, {_SOURCE!r}); from clary.host.forker import main; main()"

_REPLY_BYTES = 32


def _is_harmless(name: str) -> bool:
    """Returns whether the forker may have this variable: sandboxes of users begin as copies of its memory."""
    return name == CHOICE_VARIABLE or name.startswith(("LANG", "LC_"))


class ForkerGone(ConnectionError):
    """The forker ended before it confirmed the start of an agent. The agent's lock shows whether it runs."""


class Forker:
    """Starts agents. Starts its process on first use, and again after it was killed. Thread-safe."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._link: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, folder: Path, *, lock: int, log: int, environ: Mapping[str, str]) -> None:
        """Starts the agent of a host's folder. Raises ForkerGone.

        lock, log: descriptors, of which the agent gets copies. environ: its variables.
        """
        with self._turn:
            try:
                link = self._asked(folder, lock, log, environ)
            except ConnectionError:
                self._end()  # killed since the last use: it never received the message
                link = self._asked(folder, lock, log, environ)
            if not link.recv(_REPLY_BYTES):
                self._end()
                raise ForkerGone("the process that starts agents ended; the server's log may say why")

    def close(self) -> None:
        """Ends the forker; agents continue."""
        with self._turn:
            self._end()

    def _asked(self, folder: Path, lock: int, log: int, environ: Mapping[str, str]) -> socket.socket:
        if self._link is None:
            self._link = self._begin({name: text for name, text in environ.items() if _is_harmless(name)})
        words = b"\0".join(os.fsencode(f"{name}={text}") for name, text in environ.items())
        with memory_file("variables", words) as variables:
            socket.send_fds(self._link, [os.fsencode(folder)], [lock, log, variables])
        return self._link

    def _begin(self, environ: Mapping[str, str]) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, version(), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                cwd="/",
                env=environ,
            )
        return ours

    def _end(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._process is not None:
            # It ends when the link is closed.
            self._process.wait()
            self._process = None
