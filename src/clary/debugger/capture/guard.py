"""Keeps the errors of a hook out of the training: counted, and said once at the end."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("clary.debugger")

TOO_MANY = 20
"""After so many errors a hook takes itself out."""


class Troubles:
    """What went wrong in one hook."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""
        self._said = False

    def note(self, error: Exception, doing: str) -> None:
        self.count += 1
        if not self.first:
            self.first = "{}: {!r}".format(doing, error)

    @property
    def too_many(self) -> bool:
        return self.count >= TOO_MANY

    def say_once(self, what: str) -> None:
        """One line when there was anything. Again: nothing."""
        if self.count and not self._said:
            self._said = True
            log.warning("Debugger %s: %d errors, the first one in %s", what, self.count, self.first)


def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that returns None instead of raising. Its object has ``troubles`` and ``stop``."""

    @functools.wraps(method)
    def careful(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.troubles.note(error, method.__name__)
            if self.troubles.too_many:
                self.stop()
            return None

    return careful
