"""Runs a program in a real pseudo-terminal of a given width; pyte renders what a user sees."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

LINES = 40
HISTORY = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """code: the exit code. lines: the final screen, with the lines that scrolled off its top.

    frames: the line of the cursor after each piece of output: the states of a spinner.
    sent: all output without colours.
    """

    code: int
    lines: list[str]
    frames: list[str]
    sent: str


def run_in_terminal(
    command: Sequence[str],
    columns: int,
    environ: Mapping[str, str],
    *,
    cwd: Path | None = None,
    timeout_s: float = 60.0,
) -> Seen:
    """Standard output and standard error of the command are one terminal; its input is empty."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
    own = {name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**own, "TERM": "xterm-256color"},
        cwd=cwd,
        start_new_session=True,
    )
    os.close(theirs)
    screen = pyte.HistoryScreen(columns, LINES, history=HISTORY, ratio=1e-9)
    stream = pyte.ByteStream(screen)
    frames: list[str] = []
    sent = b""
    while True:
        try:
            heard = os.read(ours, 65_536)
        except OSError:
            # The last process that had the terminal open has ended.
            break
        if not heard:
            break
        stream.feed(heard)
        sent += heard
        frames.append(screen.display[screen.cursor.y].rstrip())
    os.close(ours)
    code = process.wait(timeout=timeout_s)
    above = ["".join(row[column].data for column in range(columns)) for row in screen.history.top]
    lines = [line.rstrip() for line in (*above, *screen.display)]
    while lines and not lines[-1]:
        lines.pop()
    return Seen(code, lines, frames, re.sub(r"\x1b\[[0-9;]*m", "", sent.decode()))
