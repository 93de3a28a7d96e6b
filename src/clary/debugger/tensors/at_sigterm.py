"""Lets writers finish when the process is asked to end, and ends it as if they had not been there.

Only where nobody else listens: a handler of the user's program is never replaced, and one that it sets later
replaces ours.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 5.0
_calls: list[Callable[[float], Any]] = []


def call(close: Callable[[float], Any]) -> None:
    """Calls ``close(TIMEOUT_S)`` before SIGTERM ends the process. Nothing happens off the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    if not _calls:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            return
        signal.signal(signal.SIGTERM, _on_sigterm)
    _calls.append(close)


def leave(close: Callable[[float], Any]) -> None:
    """Takes back ``call``; after the last, the signal is as it was."""
    if close not in _calls:
        return
    _calls.remove(close)
    on_main_thread = threading.current_thread() is threading.main_thread()
    if not _calls and on_main_thread and signal.getsignal(signal.SIGTERM) is _on_sigterm:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _on_sigterm(number: int, frame: Any) -> None:
    for close in list(_calls):
        close(TIMEOUT_S)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
