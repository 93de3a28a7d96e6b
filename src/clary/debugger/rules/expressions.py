"""Holds a rule's regular expression against the name of a tensor, for so long and no longer.

An expression of a user may take a time that is exponential in the name. All rules of a job share one
evaluator, which would never come to an end.
"""

from __future__ import annotations

import re
import signal
import threading
from functools import lru_cache

from .errors import RuleConfigurationError

BUDGET_S = 1.0
"""CPU time for one name."""


class _TooSlow(Exception):
    pass


def found_in(pattern: str, name: str) -> bool:
    """Raises RuleConfigurationError for an expression that takes too long.

    Only the main thread, which evaluates rules, can be interrupted; elsewhere it takes what it takes.
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
