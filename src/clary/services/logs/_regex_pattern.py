r"""The regular expressions of a filter pattern, ``%...%``, compiled to a function.

CloudWatch Logs takes a small language, without groups: letters, digits and ``: _ # = @ / ; , -`` stand for
themselves, with the operators ``^ $ ? [ ] { } | \ * + .``, the classes ``\d \s \w`` and their opposites, and
``\xhh``. An expression matches anywhere in a line.

Even without groups, several ``*`` in a row can take hours on one long line. So an expression has a budget of
CPU time for all lines that one request reads, and other threads run meanwhile.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import regex  # type: ignore[import-untyped]

from clary.services.logs._request import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

BUDGET_S = 3.0
"""A usual expression needs less than a second for the 100,000 lines that one page reads."""
LEAST_S = 0.001
"""The least timeout of one match."""

_ESCAPE = r"\\(?:[dDsSwW]|x[0-9a-fA-F]{2}|[!-/:-@\[-`{-~])"
_PART = re.compile(
    rf"""
    (?P<escape>{_ESCAPE})
    |(?P<times>\{{[0-9]{{1,5}}(?:,[0-9]{{0,5}})?\}})
    |\[(?P<not>\^?)(?P<class>(?:{_ESCAPE}|[A-Za-z0-9:_\#=@/;,\-^$?\[{{}}|*+.])+)\]
    |(?P<plain>[A-Za-z0-9:_\#=@/;,\-^$?|*+.])
    """,
    re.VERBOSE,
)


def compile_regex(expression: str) -> Callable[[str], bool]:
    """``expression`` comes without the percent signs. Raises InvalidParameterException when it is not valid.

    The returned function raises InvalidParameterException when the budget is spent.
    """
    compiled = _compiled(expression)
    left_s = BUDGET_S

    def matches(text: str) -> bool:
        nonlocal left_s
        began = time.thread_time()
        try:
            # Without ``concurrent``, a match holds the lock of the interpreter, and all other threads wait.
            return compiled.search(text, timeout=max(left_s, LEAST_S), concurrent=True) is not None
        except TimeoutError:
            raise invalid(
                f"The filter pattern's regular expression %{expression}% takes more than {BUDGET_S:.0f} s on "
                "the lines of this page; use fewer * and +, or narrow startTime and endTime"
            ) from None
        finally:
            left_s -= time.thread_time() - began

    return matches


def _compiled(expression: str) -> regex.Pattern[str]:
    parts: list[str] = []
    end = 0
    while end < len(expression):
        found = _PART.match(expression, end)
        if found is None:
            raise invalid(
                f"Invalid filter pattern: in the regular expression %{expression}%, {expression[end:][:8]!r} "
                "cannot be read. Allowed are letters, digits, : _ # = @ / ; , - and the operators "
                "^ $ ? [ ] { } | \\ * + . without groups; \\s is a space, and another sign takes a backslash"
            )
        # An opening bracket inside a class would begin a named class such as [:alpha:].
        named = f"[{found['not']}{_escaped(found['class'])}]" if found["class"] else found[0]
        parts.append(named)
        end = found.end()
    try:
        return regex.compile("".join(parts), regex.V0 | regex.ASCII | regex.DOTALL)
    except regex.error as error:
        raise invalid(
            f"Invalid filter pattern: the regular expression %{expression}% has an error: {error.msg}"
        ) from None


def _escaped(members: str) -> str:
    return re.sub(rf"({_ESCAPE})|\[", lambda found: found[1] or r"\[", members)
