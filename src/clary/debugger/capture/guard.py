"""Keeps exceptions of a hook out of the training: they are counted, and logged once at the end."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("clary.debugger")

MAX_ERRORS = 20
"""After this many errors a hook stops."""


class HookErrors:
    """Counts the errors of one hook and keeps the first one."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""
        self._said = False

    def note(self, error: Exception, doing: str) -> None:
        """Counts an error. doing: what the hook was doing."""
        self.count += 1
        if not self.first:
            self.first = "{}: {!r}".format(doing, error)

    @property
    def too_many(self) -> bool:
        """Whether the hook must stop."""
        return self.count >= MAX_ERRORS

    def log_once(self, what: str) -> None:
        """Logs one line if there were errors. A second call does nothing."""
        if self.count and not self._said:
            self._said = True
            log.warning("Debugger %s: %d errors, the first one in %s", what, self.count, self.first)


def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a method of a hook: it returns None instead of raising.

    Its object has ``errors`` (HookErrors), which counts the error, and ``stop``, called after MAX_ERRORS.
    """

    @functools.wraps(method)
    def guarded_method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.errors.note(error, method.__name__)
            if self.errors.too_many:
                self.stop()
            return None

    return guarded_method
