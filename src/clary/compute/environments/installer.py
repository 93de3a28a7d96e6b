"""Runs uv as a process: its settings, its progress, and its errors."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from clary.host.processes import below

from .pip_settings import uv_options, uv_variables

if TYPE_CHECKING:
    from clary.host.bounds import Bounds
    from clary.host.sandbox import Entrance

_HEARTBEAT_S = 0.5
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_KEPT = ("UV_", "SSL_CERT_", "LC_", "XDG_")
_KEPT_NAMES = {
    "PATH", "HOME", "USER", "LANG", "TMPDIR", "NETRC",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
}  # fmt: skip
_SKIPPED = {"UV_PYTHON", "UV_PROJECT_ENVIRONMENT"}


_ADVICE = (
    (
        r"No space left|os error 28",
        "The disk is full: free some space ('clary images list' shows what environments take) and try again.",
    ),
    (
        r"error sending request|dns error|timed out",
        "The package index did not answer: check the network, and the index in 'pip config list'.",
    ),
    (
        r"No solution found|no usable wheels",
        "Ask for another version, or give pip an index that has this one "
        "(pip config set global.extra-index-url URL).",
    ),
    (
        r"Failed to build",
        "A package has no wheel for this Python and did not compile: ask for a version that has one.",
    ),
)
_ADVICE_ELSE = "Try again; if it fails in the same way, 'clary doctor' shows what is missing."


class EnvironmentBuildFailed(Exception):
    """An environment could not be built; the message has uv's last lines and advice."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a build in packages and downloaded bytes; totals are 0 until known.

    text: one line for a reader.
    """

    text: str
    done: int = 0
    total: int = 0
    done_bytes: int = 0
    total_bytes: int = 0


OnProgress = Callable[[Progress], None]


@cache
def uv_binary() -> str:
    """Returns uv: the one beside Clary, else that of the PATH. Raises EnvironmentBuildFailed."""
    try:
        import uv  # imported here, because finding a built environment does not need it

        return os.fspath(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise EnvironmentBuildFailed(
            f"uv, which installs packages, is not on this machine: {sys.executable} -m pip install uv"
        )
    return found


def uv_environment(root: Path) -> dict[str, str]:
    """Returns uv's variables: the user's indexes, a cache beside the environments, no downloaded Python.

    They contain no other variable of the server, because requirements may expand variables. The cache is on
    the file system of the environments, so that they share files by hard links; a cache that the user chose
    is kept.
    """
    environ = {name: value for name, value in os.environ.items() if _is_for_uv(name.upper())}
    variables = {"UV_CACHE_DIR": str(root / "uv-cache"), "UV_LINK_MODE": "hardlink", **environ}
    variables |= uv_variables(os.environ, home=Path.home())
    return {**variables, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}


def _is_for_uv(name: str) -> bool:
    return (name.startswith(_KEPT) or name in _KEPT_NAMES) and name not in _SKIPPED


def index_options() -> list[str]:
    """Returns options for every command that resolves packages, in addition to the variables."""
    return uv_options(os.environ, home=Path.home())


def run_uv(
    arguments: Sequence[str],
    *,
    root: Path,
    on_progress: OnProgress,
    keep_open: Sequence[int] = (),
    start: Progress | None = None,
    entrance: Entrance | None = None,
    environment: dict[str, str] | None = None,
    bounds: Bounds | None = None,
) -> Progress:
    """Runs uv to its end. Reports progress for every line and twice a second; returns the last progress.

    An exception of ``on_progress`` ends uv and is passed to the caller, which cancels a build so.
    keep_open: descriptors that uv inherits. entrance: of a sandbox for it. environment: its variables if not
    the usual ones. bounds: its bounds, closed at the end. Raises EnvironmentBuildFailed.
    """
    # The program that makes a sandbox gets no variables: they are set inside.
    outer, inherited = (entrance.argv, entrance.descriptors) if entrance else ((), ())
    process = subprocess.Popen(
        [*(bounds.prefix if bounds else ()), *outer, uv_binary(), *arguments],
        cwd=root,
        env={} if entrance else environment or uv_environment(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(*keep_open, *inherited),
        preexec_fn=entrance.before_exec if entrance else None,
        start_new_session=True,
    )
    if bounds is not None:
        bounds.follow(process.pid, lambda there: below(process.pid, there))
    last: deque[str] = deque(maxlen=25)
    sizes: dict[str, int] = {}
    progress = start or Progress("starting")
    try:
        for line in _lines(process):
            if line:
                last.append(line)
                progress = read_line(progress, line, sizes)
            on_progress(progress)
            if bounds is not None and bounds.broken:
                break
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if bounds is not None:
            bounds.close()
    if bounds is not None and bounds.broken:
        raise EnvironmentBuildFailed(f"The build was ended. {bounds.broken}")
    if code != 0:
        raise EnvironmentBuildFailed(explain(last))
    return progress


def read_line(progress: Progress, line: str, sizes: dict[str, int]) -> Progress:
    """Returns the progress after a line of uv's output. ``sizes`` keeps the bytes of each download."""
    if match := re.fullmatch(r"Resolved (\d+) packages? in .*", line):
        return replace(progress, text=f"{match[1]} packages to install", total=int(match[1]), done=0)
    if match := re.fullmatch(r"Downloading (\S+) \(([\d.]+)([KMG]?i?B)\)", line):
        sizes[match[1]] = int(float(match[2]) * _UNITS.get(match[3], 1))
        return replace(progress, text=_downloading(match[1], match), total_bytes=sum(sizes.values()))
    if match := re.fullmatch(r"\s*Downloaded (\S+)", line):
        done_bytes = progress.done_bytes + sizes.get(match[1], 0)
        return replace(progress, text=f"downloaded {match[1]}", done=progress.done + 1, done_bytes=done_bytes)
    if re.match(r"(Prepared|Installed) \d+ packages?", line):
        return replace(progress, text=line[0].lower() + line[1:], done=progress.total)
    if line.startswith(("Bytecode compiled", "Building", "Built")):
        return replace(progress, text=line[0].lower() + line[1:])
    return progress


def explain(lines: Sequence[str]) -> str:
    """Returns uv's last lines as a message, with advice for the usual reasons."""
    said = [line for line in lines if not line.startswith("Using Python")]
    text = "\n".join(said)
    return f"{text}\n{_advice(text)}"


def _advice(text: str) -> str:
    return next((advice for sign, advice in _ADVICE if re.search(sign, text)), _ADVICE_ELSE)


def _downloading(name: str, match: re.Match[str]) -> str:
    return f"downloading {name} ({match[2]} {match[3]})"


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yields the process's lines as they come, and an empty one after each half second of silence."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(_HEARTBEAT_S):
                yield ""
                continue
            block = os.read(descriptor, 65_536)
            if not block:
                break
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace").rstrip()
    if rest:
        yield rest.decode(errors="replace").rstrip()
