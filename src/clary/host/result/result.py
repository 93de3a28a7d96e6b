"""The result of a host: outcome and reason, from the end of the user's process."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clary.domain.hosts import Outcome

from ..beneath import open_beneath, read_beneath
from .failure import MAX_REASON_CHARACTERS, algorithm_error, error_message, script_failure
from .hints import with_hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..layout import Layout
    from ..user_process.process import Ended

FAILURE_FILE = "output/failure"
FAILURE_LIMIT_BYTES = 4096
MESSAGE_FILE = "output/message"
MESSAGE_LIMIT_BYTES = 1024
"""The length of the file that becomes ExitMessage."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a host ended: the last report without the phases."""

    outcome: str
    reason: str = ""
    exit_code: int | None = None
    model_uploaded: bool = False
    message: str = ""
    """The content of ``/opt/ml/output/message``, which user code may write."""
    checkpoints_uploaded: bool = False


def training_result(ended: Ended, layout: Layout, command: Sequence[str]) -> Result:
    """Returns the result of a training host. command: for the reason, if the launcher has recorded none."""
    result = _outcome(ended)
    if result.outcome != Outcome.FAILED:
        return result
    return replace(result, reason=_failure(ended, layout, command))


def processing_result(ended: Ended, layout: Layout, command: Sequence[str]) -> Result:
    """Returns the result of a processing host, with the message file as ExitMessage."""
    result = _outcome(ended)
    said = read_beneath(layout.ml, MESSAGE_FILE, MESSAGE_LIMIT_BYTES) or b""
    message = said.decode("utf-8", "ignore")
    # The limit may cut the last character.
    if len(said) - len(message.encode()) > (3 if len(said) == MESSAGE_LIMIT_BYTES else 0):
        message = said.decode("utf-8", "replace")
        if result.outcome == Outcome.SUCCEEDED:
            reason = f"ClientError: /opt/ml/{MESSAGE_FILE} is not text in UTF-8"
            return replace(result, outcome=Outcome.CLIENT_ERROR, reason=reason, message=message)
    if result.outcome == Outcome.FAILED:
        result = replace(result, reason=_container_failure(ended, command))
    return replace(result, message=message)


def serving_result(ended: Ended, command: Sequence[str]) -> Result:
    """Returns the result of a host that serves. A server that ends by itself has failed, also with code 0."""
    result = _outcome(ended)
    if result.outcome not in (Outcome.FAILED, Outcome.SUCCEEDED):
        return result
    text = f"The server ended with exit code {ended.exit_code}"
    said = error_message(ended.exit_code, ended.last_lines)
    if said:
        text += f'\nErrorMessage "{said}"'
    text = f'{text}\nCommand "{" ".join(command)}"'[:MAX_REASON_CHARACTERS]
    return replace(result, outcome=Outcome.FAILED, reason=_hinted(text))


def _outcome(ended: Ended) -> Result:
    if ended.stopped:
        return Result(Outcome.STOPPED, exit_code=ended.exit_code)
    if ended.broken:
        return Result(Outcome.CLIENT_ERROR, f"ClientError: {ended.broken}", ended.exit_code)
    if ended.out_of_time:
        return Result(Outcome.MAX_RUNTIME, exit_code=ended.exit_code)
    return Result(
        Outcome.FAILED if ended.exit_code else Outcome.SUCCEEDED,
        exit_code=ended.exit_code,
    )


def _failure(ended: Ended, layout: Layout, command: Sequence[str]) -> str:
    said = read_beneath(layout.ml, FAILURE_FILE, FAILURE_LIMIT_BYTES)
    if said is not None and said.strip():
        return _hinted(algorithm_error(said.decode("utf-8", "replace").strip()))
    text = script_failure(ended.exit_code, ended.last_lines, " ".join(_recorded(layout) or command))
    # User code may have replaced the file by something else. The reason is reported all the same.
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with open(open_beneath(layout.ml, FAILURE_FILE, flags), "w", encoding="utf-8") as file:
            file.write(text)
    return _hinted(algorithm_error(text))


def _container_failure(ended: Ended, command: Sequence[str]) -> str:
    """Returns a reason that begins like AWS's, and adds the error from the log."""
    text = f"See job logs for more information, exit code: {ended.exit_code}"
    said = error_message(ended.exit_code, ended.last_lines)
    if said:
        text += f'\nErrorMessage "{said}"'
    return _hinted(algorithm_error(f'{text}\nCommand "{" ".join(command)}"'))


def _hinted(reason: str) -> str:
    return with_hint(reason, MAX_REASON_CHARACTERS)


def _recorded(layout: Layout) -> list[str]:
    """Returns the command that the launcher has recorded; empty when there is none."""
    try:
        words = json.loads(read_beneath(layout.run, "command.json", 65_536) or b"[]")
    except (ValueError, RecursionError):
        return []
    return [str(word) for word in words] if isinstance(words, list) else []
