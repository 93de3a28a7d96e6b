"""The patterns of the model, which are regular expressions of Java.

Where Java differs from Python's ``regex``, the pattern is rewritten:

    \\w \\d \\s          ASCII only in Java
    .                 matches no line terminator of any kind
    \\z                Python's \\Z
    \\uD83D\\uDE00      a pair of surrogates is one character; a range between two pairs is a range
    \\p{Alnum} ...     POSIX classes are ASCII only
"""

from __future__ import annotations

import re
import threading
import time
from functools import cache, lru_cache

import regex  # type: ignore[import-untyped]

TIMEOUT_S = 0.05
"""The CPU time that all matches of one request may take. On hostile texts a few patterns of the models
backtrack for ever, and hold the interpreter lock meanwhile."""
_LEAST_S = 0.001
"""The time that each match has at least: a hundred times what an ordinary one takes."""
LONGEST_KEPT = 128
"""The results for texts of at most this length are cached."""

_CLASSES = {
    "w": "a-zA-Z0-9_",
    "d": "0-9",
    "s": r" \t\n\x0b\f\r",
    "W": r"\x00-/:-@\[-\^`{-\U0010ffff",
    "D": r"\x00-/:-\U0010ffff",
    "S": r"\x00-\x08\x0e-\x1f!-\U0010ffff",
    "p{ASCII}": r"\x00-\x7f",
    "p{Alnum}": "a-zA-Z0-9",
    "p{Alpha}": "a-zA-Z",
    "p{Digit}": "0-9",
    "p{Lower}": "a-z",
    "p{Upper}": "A-Z",
    "p{Punct}": r"!-/:-@\[-`{-~",
    "p{Graph}": "!-~",
    "p{Print}": " -~",
    "p{Space}": r" \t\n\x0b\f\r",
}
_ESCAPE = re.compile(
    r"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\(?P<name>p\{\w+\}|[wdsWDS])|\\(?P<other>.)|(?P<open>\[\^?)|(?P<close>\])|(?P<dot>\.)",
    re.DOTALL,
)


class _Budget(threading.local):
    left_s = TIMEOUT_S


_budget = _Budget()


def begin_request() -> None:
    """Gives the matches of this thread from now on TIMEOUT_S together."""
    _budget.left_s = TIMEOUT_S


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches, as Java's ``matches()`` says. Raises TimeoutError."""
    # Clients send the same names again and again, and a match with a time limit makes two system calls.
    return _matches_kept(pattern, text) if len(text) <= LONGEST_KEPT else _matches(pattern, text)


def _matches(pattern: str, text: str) -> bool:
    # The CPU time of this thread: on a loaded machine a match waits for its turn, and is not slow.
    began = time.thread_time()
    ends = began + max(_budget.left_s, _LEAST_S)
    while True:
        try:
            found = compile_java(pattern).fullmatch(text, timeout=ends - time.thread_time())
            break
        except TimeoutError:
            # ``regex`` counts the CPU time of all threads.
            if time.thread_time() >= ends:
                _budget.left_s = 0.0
                raise
    _budget.left_s -= time.thread_time() - began
    return found is not None


_matches_kept = lru_cache(maxsize=4096)(_matches)


@cache
def compile_java(pattern: str) -> regex.Pattern[str]:
    """Raises regex.error for a pattern that Python can't compile."""
    depth = 0

    def rewrite(found: re.Match[str]) -> str:
        nonlocal depth
        if found["high"] is not None:
            return chr(0x10000 + ((int(found["high"], 16) - 0xD800) << 10) + int(found["low"], 16) - 0xDC00)
        if found["name"] is not None:
            ranges = _CLASSES.get(found["name"])
            if ranges is None:
                return found[0]
            return ranges if depth else f"[{ranges}]"
        if found["other"] is not None:
            return r"\Z" if found["other"] == "z" and not depth else found[0]
        if found["open"] is not None:
            # A bracket inside a class is a literal: no pattern of the models nests classes.
            if depth:
                return "\\" + found[0]
            depth = 1
            return found[0]
        if found["close"] is not None:
            depth = 0
            return found[0]
        return "." if depth else r"[^\n\r\x85\u2028\u2029]"

    return regex.compile(_ESCAPE.sub(rewrite, pattern), regex.V0)
