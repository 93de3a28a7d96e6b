"""What servers of one database tell one another: which records and links a commit has changed.

A notice is sent in the transaction that it is about, and arrives after its commit. SQLite has one server,
which tells nobody.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from .drivers import Driver


class Announcements:
    """Sends and hears notices. Safe to use from any thread."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._me = secrets.token_hex(4)
        self._listeners: dict[str, list[Callable[..., None]]] = {}
        self._gap_listeners: list[Callable[[float], None]] = []
        self._end: Callable[[], None] | None = None

    def notice(self, topic: str, *words: str) -> str:
        """Writes a notice."""
        return orjson.dumps([self._me, topic, *words]).decode()

    def on(self, topic: str, listener: Callable[..., None]) -> None:
        """Calls ``listener(*words)`` for the notices of other servers, in a thread of its own."""
        self._listeners.setdefault(topic, []).append(listener)

    def on_gap(self, listener: Callable[[float], None]) -> None:
        """Calls ``listener(seconds)`` when the notices of the last seconds may have been missed."""
        self._gap_listeners.append(listener)

    def require_sessions(self) -> None:
        """Raises DatabaseUnavailable where no notice would arrive: behind a pooler of transactions."""
        self._driver.require_sessions()

    def listen(self) -> None:
        """Hears notices from now on. Raises DatabaseUnavailable."""
        self._end = self._driver.listen(self._heard, self._missed)

    def close(self) -> None:
        if self._end is not None:
            self._end()

    def _heard(self, notice: str) -> None:
        sender, topic, *words = orjson.loads(notice)
        if sender != self._me:
            for listener in self._listeners.get(topic, ()):
                listener(*words)

    def _missed(self, seconds: float) -> None:
        for listener in self._gap_listeners:
            listener(seconds)
