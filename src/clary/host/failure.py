"""Why a job failed, in AWS's words."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_REASON_CHARACTERS = 1024
_TRACEBACK = "Traceback (most recent call last):"
_ERROR_LINE = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|Failure)\b.*")


def script_failure(exit_code: int, last_lines: Sequence[str], command: str) -> str:
    """What a script that says nothing itself leaves as its reason."""
    return (
        f"ExecuteUserScriptError:\nExitCode {exit_code}\n"
        f'ErrorMessage "{error_message(exit_code, last_lines)}"\nCommand "{command}"'
    )


def algorithm_error(text: str) -> str:
    """A FailureReason, no longer than AWS's."""
    return f"AlgorithmError: {text}"[:MAX_REASON_CHARACTERS]


def error_message(exit_code: int, last_lines: Sequence[str]) -> str:
    """The script's own last error line, or the best there is."""
    killed = _signal_message(exit_code)
    if killed:
        return killed
    for start in range(len(last_lines) - 1, -1, -1):
        if _TRACEBACK in last_lines[start]:
            after = [line for line in last_lines[start + 1 :] if line[:1] not in (" ", "\t")]
            if after:
                return after[0]
    for line in reversed(last_lines):
        if _ERROR_LINE.match(line):
            return line
    return last_lines[-1].strip() if last_lines else ""


def _signal_message(exit_code: int) -> str:
    if exit_code == 137:
        return "The process was killed by SIGKILL, possibly because the machine ran out of memory"
    if 128 < exit_code < 128 + signal.NSIG and exit_code - 128 in (4, 6, 7, 8, 11):
        return f"The process was ended by {signal.Signals(exit_code - 128).name}"
    return ""
