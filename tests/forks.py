"""Runs scripts in forks of a process that has imported what they need."""

from __future__ import annotations

import atexit
import functools
import json
import math
import os
import select
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

SLACK_S = 120
"""An order may take so much longer than its script."""


class Forks:
    """One process for each environment and its modules, which ends with this process."""

    def __init__(self, python: str, modules: Sequence[str], environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [python, str(Path(__file__).parent / "imported.py"), *modules],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end)
        assert self._process.stdout is not None
        said = ""
        for said in self._process.stdout:  # the SDK greets
            if said == "ready\n":
                return
        raise AssertionError(f"{python} could not import {modules}: {said}")

    def run(
        self,
        arguments: Sequence[str],
        *,
        environ: Mapping[str, str],
        folder: Path,
        timeout_s: float,
        again: Sequence[str] = (),
    ) -> tuple[int | None, str]:
        """Returns the exit code of a script, None when it took too long, and all that it printed.

        folder: where it runs. again: modules that it imports anew, without their code.
        """
        assert self._process.stdin is not None
        with tempfile.TemporaryDirectory() as between:
            output, ended = Path(between) / "output", Path(between) / "ended"
            os.mkfifo(ended)
            reader = os.open(ended, os.O_RDONLY | os.O_NONBLOCK)
            try:
                order = {
                    "arguments": list(arguments),
                    "environ": dict(environ),
                    "folder": str(folder),
                    "output": str(output),
                    "ended": str(ended),
                    "again": list(again),
                    "timeout_s": math.ceil(timeout_s),
                }
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
                waiting = select.poll()
                waiting.register(reader, select.POLLIN)
                known = waiting.poll((timeout_s + SLACK_S) * 1000)
                code = os.read(reader, 16) if known else b""
            finally:
                os.close(reader)
            said = output.read_text(errors="replace") if output.exists() else ""
        assert code, f"{arguments} ended without a code:\n{said}"
        return None if int(code) == -14 else int(code), said

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()


@functools.cache
def forks(python: str, modules: tuple[str, ...], environ: tuple[tuple[str, str], ...]) -> Forks:
    """environ: the variables with which modules are imported. A script has its own."""
    return Forks(python, modules, dict(environ))
