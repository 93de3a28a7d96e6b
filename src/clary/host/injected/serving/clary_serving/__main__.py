"""Starts the serving program: ``python -m clary_serving``. All it needs to know are variables."""

from __future__ import annotations

import os
import socket
import sys

from .nursery import run_nursery
from .settings import ServingSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_FRONT = """
import os, sys
sys.path[:0] = sys.argv[1].split(os.pathsep)
from clary_serving.front_process import run
run(int(sys.argv[2]), int(sys.argv[3]))
"""


def main() -> None:
    settings = ServingSettings(os.environ)
    settings.share_processors(os.environ)
    listening = _listen(settings)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        # Before anything that only the front needs is imported or opened.
        code = 1
        try:
            listening.close()
            ours.close()
            run_nursery(theirs, settings)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    theirs.close()
    _become_front(settings, listening, ours)


def _listen(settings: ServingSettings) -> socket.socket:
    """Opens the port. Nothing is accepted yet: a connection waits until the front has started."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        sys.exit("The server can't listen on {}:{}: {}".format(settings.host, settings.port, error.strerror))
    return listening


def _become_front(settings: ServingSettings, listening: socket.socket, nursery: socket.socket) -> NoReturn:
    """Goes on as the front, in the Python of Clary's own installation."""
    numbers = []
    for each in (listening, nursery):
        each.set_inheritable(True)
        numbers.append(str(each.detach()))
    # -I -S: what it imports is in these folders, and nothing that an image or a user has added.
    folders = os.pathsep.join(
        [os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *settings.front_paths]
    )
    command = [settings.front_python, "-I", "-S", "-B", "-c", _FRONT, folders, *numbers]
    try:
        os.execv(settings.front_python, command)
    except OSError as error:
        sys.exit("The server can't start {}: {}".format(settings.front_python, error.strerror))


if __name__ == "__main__":
    main()
