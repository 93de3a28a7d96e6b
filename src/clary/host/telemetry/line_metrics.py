"""Finds metric points in the output of a job, with the metric definitions of the job.

    main thread ── spool ── thread ── process (expression_reader.py) ── thread ── points, in order

The main thread only writes texts to the spool. So log lines, a stop and the time limit never wait for an
expression. An expression has a bound of CPU time for each text. Texts that are not read within END_PATIENCE_S
after the end of the job are left out, and the log says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..notes import note, note_exception
from .spool import Record, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .metrics import Point

READER = Path(__file__).parent / "expression_reader.py"
MAX_TEXT_BYTES = 8_192
"""Of a longer text, the first and the last half of this are read."""
MAX_WAITING_BYTES = 64 << 20
BATCH_TEXTS = 500
BATCH_BYTES = 256 << 10
END_PATIENCE_S = 10.0
STARTS = 3


class LineMetrics:
    """A thread that reads texts. The step of a point is the number of earlier points of its metric."""

    def __init__(
        self,
        definitions: Sequence[tuple[str, str]],
        spool: Spool,
        put: Callable[[Sequence[Point]], None],
        say: Callable[[str], None],
    ) -> None:
        """definitions: (name, expression) pairs; the first group is the number.

        say: writes a sentence into the job's log. ``put`` and ``say`` are called from the thread.
        """
        self._names = [name for name, _ in definitions]
        self._expressions = [expression for _, expression in definitions]
        self._spool = spool
        self._put = put
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._steps: dict[str, int] = {}
        self._told: set[tuple[str, int]] = set()
        self._left_out = 0
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="line-metrics", daemon=True)
        self._thread.start()

    def read(self, texts: Sequence[bytes]) -> None:
        """Queues texts with the current time. Never waits. On a full disk they are left out."""
        now_ms = int(time.time() * 1000)
        try:
            if self._spool.size_bytes <= MAX_WAITING_BYTES:
                self._spool.append([Record(now_ms, _bounded(text)) for text in texts if text])
                return
        except OSError as error:
            note(f"no space to read metrics of lines: {error}")
        self._left_out += len(texts)

    def close(self, patience_s: float = END_PATIENCE_S) -> None:
        """Returns when everything is read, or after ``patience_s``; then the rest is left out."""
        self._spool.close()
        self._thread.join(patience_s)
        self._given_up = True
        if self._thread.is_alive():
            self._say(
                f"Clary: metrics of the last lines were not read: the metric definitions took more than "
                f"{patience_s:.0f} s after the end of the job"
            )
            if self._process is not None:
                self._process.kill()
            self._thread.join(patience_s)
        if self._left_out:
            self._say(
                f"Clary: metrics of {self._left_out} lines were not read: they came faster than the metric "
                "definitions could read them, or the disk was full"
            )

    def _run(self) -> None:
        try:
            while not self._spool.finished and not self._given_up:
                if self._spool.wait():
                    batch = self._spool.peek(BATCH_TEXTS, BATCH_BYTES)
                    self._take(batch)
                    self._spool.drop(batch)
        except Exception as error:
            note_exception(error)
        finally:
            if self._process is not None:
                _end(self._process)

    def _take(self, batch: Sequence[Record]) -> None:
        answer = self._ask({"Texts": [record.data.decode("utf-8", "replace") for record in batch]})
        if answer is None:
            return
        points = []
        for place, index, number in answer["Found"]:
            name = self._names[index]
            step = self._steps.get(name, 0)
            self._steps[name] = step + 1
            points.append((name, batch[place].at_ms / 1000, step, number))
        if points:
            self._put(points)
        for place, index, given_up in answer["Slow"]:
            self._tell_slow(index, len(batch[place].data), given_up)

    def _tell_slow(self, index: int, size_bytes: int, given_up: bool) -> None:
        kind = "given up" if given_up else "slow"
        if (kind, index) in self._told:
            return
        self._told.add((kind, index))
        about = f"Clary: the regular expression of metric {self._names[index]}"
        if given_up:
            self._say(f"{about} is not used any more: it was too slow on too many lines")
        else:
            self._say(
                f"{about} took too long on a line of {size_bytes} bytes, which is left out; "
                "avoid repetitions within repetitions, and .* at its beginning"
            )

    def _ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Returns the answer of the reader process, restarted if it has ended.

        None when there is no answer.
        """
        if self._process is None and not self._start():
            return None
        return self._exchange(request)

    def _start(self) -> bool:
        if self._starts == STARTS or self._given_up:
            if not self._given_up:
                self._given_up = True
                self._say("Clary: metrics are not read any more: what reads them has ended several times")
            return False
        self._starts += 1
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(READER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={},
            cwd="/",
        )
        answer = self._exchange({"Expressions": self._expressions})
        if answer is None:
            return False
        for index, why in answer["Broken"].items():
            if ("broken", int(index)) not in self._told:
                self._told.add(("broken", int(index)))
                name = self._names[int(index)]
                self._say(f"Clary: the regular expression of metric {name} can't be used: {why}")
        return True

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any] | None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        line = b""
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if line.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            return answer
        _end(process)
        self._process = None
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    # A request that could not be sent is still in the buffer of the pipe.
    with suppress(BrokenPipeError):
        process.communicate()


def _bounded(text: bytes) -> bytes:
    if len(text) <= MAX_TEXT_BYTES:
        return text
    half = MAX_TEXT_BYTES // 2
    # The line end prevents a match that spans both parts.
    return text[:half] + b"\n" + text[-half:]
