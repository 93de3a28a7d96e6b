"""Rewrites tracebacks of exception groups (Python 3.11: task groups of asyncio and anyio) as plain ones.

      + Exception Group Traceback (most recent call last):         Traceback (most recent call last):
      |   File "t.py", line 5, in main                               File "t.py", line 5, in main
      | ExceptionGroup: unhandled (1 sub-exception)         ──►   ExceptionGroup: unhandled (1 sub-exception)
      +-+---------------- 1 ----------------                       ValueError: bad column
        | Traceback (most recent call last):
        |   File "t.py", line 2, in read
        | ValueError: bad column
        +------------------------------------

The errors in a group follow the error of the group, as lines of its message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TRACEBACK = "Traceback (most recent call last):"
_START = re.compile(rf".*\+ Exception Group {re.escape(TRACEBACK)}$")
_MARGIN = re.compile(r"\s+\| ?")
_SEPARATOR = re.compile(r"\s+\+-")
_END = re.compile(r" {4}\+-+$")


def without_groups(lines: Sequence[str]) -> Iterator[str]:
    """Yields the lines, with every traceback of a group rewritten as a plain one."""
    inside = in_members = False
    for line in lines:
        if _START.match(line):
            inside, in_members = True, False
            yield TRACEBACK
        elif not inside:
            yield line
        elif _END.match(line):
            inside = False
        elif _SEPARATOR.match(line):
            in_members = True
        else:
            text = _MARGIN.sub("", line, count=1)
            if not (in_members and (text.startswith("  ") or TRACEBACK in text)):
                yield text
