"""Closes writers when the process receives SIGTERM, then lets SIGTERM end the process as usual.

Our handler is installed only where SIGTERM has its default action. A handler of the user's program is never
replaced, and a handler that the program sets later replaces ours.
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


def register(close: Callable[[float], Any]) -> None:
    """Calls ``close(TIMEOUT_S)`` before SIGTERM ends the process.

    Outside the main thread this does nothing, because Python sets signal handlers in the main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    if not _calls:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            return
        signal.signal(signal.SIGTERM, _on_sigterm)
    _calls.append(close)


def unregister(close: Callable[[float], Any]) -> None:
    """Reverses ``register``. When no function is left, SIGTERM gets its default action again."""
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
