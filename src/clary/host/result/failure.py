"""The FailureReason of a job in AWS's form: the whole error of the script, and not that of a launcher."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .exception_group import TRACEBACK as _TRACEBACK
from .exception_group import without_groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_REASON_CHARACTERS = 1024
MAX_MESSAGE_LINES = 20
SAME_FAILURE_LINES = 50
"""Errors of processes that fail together are at most so many lines apart."""
_CHAINS = {
    "During handling of the above exception": "While handling",
    "The above exception was the direct cause": "Caused by",
}
_ERROR_LINE = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|Failure|Fault)\b.*")
_RANK = re.compile(
    r"^(?:\[(?:rank)?\d+(?:,[^\]]{1,80})?\](?:<std(?:err|out)>)?:?\s?|\(\w{1,40} pid=\d+[^)]*\)\s)"
)
"""The prefixes of MPI, PyTorch and Ray for lines of a worker."""
_LAUNCHER = re.compile(
    r"(?:torch\.distributed\.elastic\.[\w.]*(?:ChildFailedError|SignalException)"
    r"|(?:subprocess\.)?CalledProcessError"
    r"|torch\.multiprocessing\.spawn\.Process(?:Raised|Exited)Exception"
    r"|(?:\w+\.)*ExecuteUserScriptError"
    r"|RuntimeError: Horovod detected that)\b"
)
"""An error that says only that another process failed."""
_NOISE = re.compile(
    r"[EWIF]\d{4} \d\d:\d\d"  # torchrun
    r"|\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d"
    r"|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b"
    r"|[-=*]{5,}"
    r"|\S+ FAILED$|Failures:$|\s+<NO_OTHER_FAILURES>$|Root Cause \(first|\[\d+\]:$"  # torchrun's summary
    r"|\s+(?:time|host|rank|exitcode|error_file|traceback)\s*: "
    r"|Primary job |mpirun|mpiexec|prterun|srun: |MPI_ABORT|Killing subprocess|\[launch"
    r'|"""$'
)
"""Lines of launchers and loggers, which end a message of several lines."""
_LAUNCHED = re.compile(
    r"Primary job |mpirun|mpiexec|prterun|srun: |MPI_ABORT|.*\(exitcode: -?\d+\) local_rank"
)
_ONE_WORKER = re.compile(r"torch\.distributed\.run .*--nproc_per_node 1\b")
_SIGNAL = re.compile(r"Signal \d+ \((SIG\w+)\) received by PID|died with <Signals\.(SIG\w+)")


def script_failure(exit_code: int, last_lines: Sequence[str], command: str) -> str:
    """Returns the reason for a script that wrote no failure file."""
    said = error_message(exit_code, last_lines, one_worker=_ONE_WORKER.search(command) is not None)
    return f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage "{said}"\nCommand "{command}"'


def algorithm_error(text: str) -> str:
    """Returns a FailureReason, cut to the length that AWS allows."""
    return f"AlgorithmError: {text}"[:MAX_REASON_CHARACTERS]


def error_message(exit_code: int, last_lines: Sequence[str], *, one_worker: bool = False) -> str:
    """Returns the error that ended the script, with all of its lines, or the most useful line instead.

    A launcher (torchrun, mpirun, subprocess.run) prints an error of its own after the error of the script.
    When several workers fail together, the first error is the cause. one_worker: the launcher had only one,
    so the script has caught all errors but the last.
    """
    killed = _signal_message(exit_code)
    if killed:
        return killed
    lines = list(without_groups([_RANK.sub("", line) for line in last_lines]))
    errors = list(_errors(lines))
    own = [error for error in errors if not error.of_launcher]
    launched = any(error.of_launcher for error in errors) or any(map(_LAUNCHED.match, lines))
    if own and (one_worker or not launched):
        return own[-1].text
    if own:
        return _first_of_last_failure(own).text
    return _without_traceback(lines, errors)


@dataclass(frozen=True, slots=True)
class _Error:
    """An error that was printed with a traceback. start, end: its lines."""

    start: int
    end: int
    text: str

    @property
    def of_launcher(self) -> bool:
        return _LAUNCHER.match(self.text) is not None


def _errors(lines: Sequence[str]) -> Iterator[_Error]:
    """Yields the errors in order. A chain of exceptions is one error."""
    starts = [index for index, line in enumerate(lines) if _TRACEBACK in line]
    earlier = ""
    begin: int | None = None
    for start in starts:
        at = start + 1
        while at < len(lines) and (lines[at][:1] in (" ", "\t") or not lines[at]):
            at += 1
        end = at
        while end < len(lines) and end < at + MAX_MESSAGE_LINES and not _ends_message(lines, at, end):
            end += 1
        if end == at:
            continue
        text = "\n".join(line.rstrip() for line in lines[at:end]).rstrip() + earlier
        begin = start if begin is None else begin
        link = _link(lines[end]) if end < len(lines) else ""
        if link:
            earlier = f"\n{link}: {text}"
            continue
        yield _Error(begin, end, text)
        earlier, begin = "", None


def _ends_message(lines: Sequence[str], start: int, at: int) -> bool:
    line = lines[at]
    return _TRACEBACK in line or bool(_link(line)) or (at > start and _NOISE.match(line) is not None)


def _link(line: str) -> str:
    return next((word for sentence, word in _CHAINS.items() if line.startswith(sentence)), "")


def _first_of_last_failure(errors: Sequence[_Error]) -> _Error:
    """Returns the first error of the last failure. Errors that were logged long before are not part of it."""
    first = errors[-1]
    for error in reversed(errors[:-1]):
        if first.start - error.end > SAME_FAILURE_LINES:
            break
        first = error
    return first


def _without_traceback(lines: Sequence[str], of_launchers: Sequence[_Error]) -> str:
    """Returns the most useful line when there is no traceback, as for a syntax error or other languages."""
    inside = {number for error in of_launchers for number in range(error.start, error.end)}
    others = [
        line
        for number, line in enumerate(lines)
        if number not in inside and line.strip() and not _NOISE.match(line)
    ]
    for line in reversed(others):
        if _ERROR_LINE.match(line) and not _LAUNCHER.match(line):
            return line
    for line in reversed(lines):
        if found := _SIGNAL.search(line):
            return _ended_by(found[1] or found[2])
    if others:
        return others[-1].strip()
    return of_launchers[-1].text if of_launchers else (lines[-1].strip() if lines else "")


def _signal_message(exit_code: int) -> str:
    if 128 < exit_code < 128 + signal.NSIG and exit_code - 128 in (4, 6, 7, 8, 9, 11):
        return _ended_by(signal.Signals(exit_code - 128).name)
    return ""


def _ended_by(name: str) -> str:
    if name == "SIGKILL":
        return "The process was killed by SIGKILL, possibly because the machine ran out of memory"
    return f"The process was ended by {name}"
