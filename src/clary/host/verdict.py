"""How the end of the user's process is told: outcome and reason."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.domain.hosts import Outcome

from .beneath import open_beneath, read_beneath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .layout import Layout
    from .process import Ended

FAILURE_FILE = "output/failure"
FAILURE_LIMIT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Result:
    """How a host ended: what its last report says beside the phases."""

    outcome: str
    reason: str = ""
    exit_code: int | None = None
    model_uploaded: bool = False


def judge(ended: Ended, layout: Layout, command: Sequence[str]) -> Result:
    """command: what was run, should the launcher not have said it better."""
    if ended.stopped:
        return Result(Outcome.STOPPED, exit_code=ended.exit_code)
    if ended.out_of_time:
        return Result(Outcome.MAX_RUNTIME, exit_code=ended.exit_code)
    if ended.exit_code == 0:
        return Result(Outcome.SUCCEEDED, exit_code=0)
    return Result(Outcome.FAILED, _failure(ended, layout, command), ended.exit_code)


def _failure(ended: Ended, layout: Layout, command: Sequence[str]) -> str:
    from .failure import algorithm_error, script_failure

    said = read_beneath(layout.ml, FAILURE_FILE, FAILURE_LIMIT_BYTES)
    if said is not None and said.strip():
        return algorithm_error(said.decode("utf-8", "replace").strip())
    text = script_failure(ended.exit_code, ended.last_lines, " ".join(_recorded(layout) or command))
    # User code may have put something else in the file's place; the reason is reported all the same.
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with open(open_beneath(layout.ml, FAILURE_FILE, flags), "w", encoding="utf-8") as file:
            file.write(text)
    return algorithm_error(text)


def _recorded(layout: Layout) -> list[str]:
    """The command the launcher made; empty when it did not get that far."""
    try:
        words = json.loads(read_beneath(layout.run, "command.json", 65_536) or b"[]")
    except ValueError:
        return []
    return [str(word) for word in words] if isinstance(words, list) else []
