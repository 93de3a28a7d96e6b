"""Matches regular expressions of users against tensor names, with a limit on the time.

The time that an expression takes may be exponential in the length of the name. All rules of a job share one
evaluator, which would otherwise never end.
"""

from __future__ import annotations

import re
import signal
import threading
from functools import lru_cache

from .errors import RuleConfigurationError

BUDGET_S = 1.0
"""The CPU time for one name."""


class _TooSlow(Exception):
    pass


def matches(pattern: str, name: str) -> bool:
    """Whether the expression matches anywhere in the name; raises RuleConfigurationError if it is too slow.

    The limit works in the main thread only, which evaluates rules: only it receives signals.
    """
    expression = _compiled(pattern)
    if threading.current_thread() is not threading.main_thread():
        return expression.search(name) is not None
    before = signal.signal(signal.SIGPROF, _interrupt)
    signal.setitimer(signal.ITIMER_PROF, BUDGET_S)
    try:
        return expression.search(name) is not None
    except _TooSlow:
        raise RuleConfigurationError(
            f"the regular expression {pattern!r} takes too long on the tensor {name[:80]}; avoid repetitions "
            "within repetitions"
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _interrupt(_signal: int, _frame: object) -> None:
    raise _TooSlow
