"""The command in a terminal of a given width."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from tests.journeys.clients import clean_environ
from tests.journeys.server import CLARY, Server


def in_terminal(server: Server, columns: int, *arguments: str) -> list[str]:
    """The lines that a terminal of this width is sent, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environ = {
        **clean_environ(server.user_home),
        "CLARY_HOME": str(server.home),
        "NO_COLOR": "1",
        "TERM": "xterm",
    }
    environ.pop("COLUMNS", None)
    process = subprocess.Popen(
        [CLARY, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environ
    )
    os.close(theirs)
    heard = b""
    while True:
        try:
            some = os.read(ours, 65_536)
        except OSError:
            # The last process that had the terminal open is gone.
            break
        if not some:
            break
        heard += some
    os.close(ours)
    assert process.wait(timeout=30) == 0, heard.decode()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", heard.decode().replace("\r", ""))
    return [line.rstrip() for line in plain.splitlines()]
