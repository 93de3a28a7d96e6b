"""Finds numbers in lines with the regular expressions of a user, in a process of its own.

    agent ── {"Expressions": [...]} ────────────> {"Broken": {"0": "why"}}
          ── {"Texts": ["loss=0.5", ...]} ──────> {"Found": [[0, 0, 0.5], ...], "Slow": [[0, 0, false]]}

Found: (index of the text, index of the expression, number), in the order of the texts. Slow: (index of the
text, index of the expression, whether it was given up). One JSON document a line, in both directions.

An expression may take time that is exponential in the length of its text, and no other Python thread runs
meanwhile. So it never runs in the agent. Here a timer of CPU time interrupts it, because the engine of ``re``
handles signals while it matches. Standard library only; the agent starts this file by its path.
"""

from __future__ import annotations

import json
import math
import re
import resource
import signal
import sys
from itertools import islice

TEXT_BUDGET_S = 0.1
"""The CPU time of one expression for one text."""
SLOW_TEXTS = 20
"""An expression that was interrupted so many times is given up."""
MAX_NUMBERS = 1_000
"""The most numbers that one expression may find in one text."""
MEMORY_BYTES = 512 << 20


class TooSlow(Exception):
    pass


class Expressions:
    def __init__(self, sources: list[str]) -> None:
        """``broken``: index to what is wrong with the expression."""
        self.broken: dict[int, str] = {}
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._slow: dict[int, int] = {}
        self._armed = False
        signal.signal(signal.SIGPROF, self._interrupt)
        for index, source in enumerate(sources):
            try:
                self._compiled[index] = re.compile(source)
            except (re.error, OverflowError, RecursionError) as error:
                self.broken[index] = str(error)

    def read(self, texts: list[str]) -> dict[str, list[object]]:
        found: list[object] = []
        slow: list[object] = []
        for place, text in enumerate(texts):
            for index, expression in list(self._compiled.items()):
                try:
                    numbers = self._numbers(expression, text)
                except (TooSlow, MemoryError):
                    self._slow[index] = self._slow.get(index, 0) + 1
                    given_up = self._slow[index] >= SLOW_TEXTS
                    if given_up:
                        del self._compiled[index]
                    slow.append((place, index, given_up))
                else:
                    found += [(place, index, number) for number in numbers]
        return {"Found": found, "Slow": slow}

    def _numbers(self, expression: re.Pattern[str], text: str) -> list[float]:
        self._armed = True
        signal.setitimer(signal.ITIMER_PROF, TEXT_BUDGET_S)
        try:
            group = 1 if expression.groups else 0
            found = [match.group(group) for match in islice(expression.finditer(text), MAX_NUMBERS)]
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_PROF, 0)
        return [number for number in map(_number, found) if number is not None]

    def _interrupt(self, _signal: int, _frame: object) -> None:
        if self._armed:
            self._armed = False
            raise TooSlow


def _number(text: str | None) -> float | None:
    """Returns a finite number, because JSON has no others; None for any other text."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def main() -> None:
    """Answers requests until the end of the input."""
    # It ends when the agent closes its input. It ignores signals to the agent's process group.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    expressions: Expressions | None = None
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if expressions is None:
            expressions = Expressions(request["Expressions"])
            answer: dict[str, object] = {"Broken": expressions.broken}
        else:
            answer = dict(expressions.read(request["Texts"]))
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
