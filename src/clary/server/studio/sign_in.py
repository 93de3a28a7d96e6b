"""Signing in: a one-time link, or the name and password of a user.

A caller without rights costs little: passwords are compared by one thread, for few requests at a time, and an
address that was wrong too often has to wait.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from clary.domain.errors import PlatformError, SerializationError, Unauthenticated
from clary.services.access.directory import USER, directory_of, record_name
from clary.services.access.passwords import LOGIN_PROFILE, nobodys_hash, password_matches

from .links import read_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.server.platform import Platform

    from .sessions import NewSession, Sessions

MOST_WAITING = 8
"""Passwords that are compared or wait to be: the last has its answer after about a second."""
WRONG_PASSWORDS = 8
"""After so many of one name from one address, the pair waits: guessing is slow, and others sign in."""
WAIT_S = 60.0
KNOWN_PAIRS = 4_096
LONGEST_PASSWORD = 128
"""IAM's own limit."""


class SignIn:
    """For the event loop's thread."""

    def __init__(self, platform: Platform, sessions: Sessions) -> None:
        self._platform = platform
        self._sessions = sessions
        self._key = platform.state.token_key()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="clary-password")
        self._waiting = 0
        self._wrong: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def begin(self, request: dict[str, Any], source_ip: str) -> NewSession:
        """Raises Unauthenticated, SerializationError, and PlatformError (429) for one that has to wait."""
        if isinstance(link := request.get("Link"), str):
            link_id, expires_at = read_link(link, self._key, self._platform.now())
            return await self._in_thread(lambda: self._sessions.begin_with_link(link_id, expires_at))
        name, password = request.get("UserName"), request.get("Password")
        if not isinstance(name, str) or not isinstance(password, str):
            raise SerializationError("the body has to be a JSON object with a Link, or UserName and Password")
        return await self._with_password(name[:64], password, source_ip)

    async def _with_password(self, name: str, password: str, source_ip: str) -> NewSession:
        pair = (name.lower(), source_ip)
        count, last_at = self._wrong.get(pair, (0, 0.0))
        if count >= WRONG_PASSWORDS and self._platform.now() < last_at + WAIT_S:
            raise _wait(f"{count} wrong passwords for {name!r} came from your address; wait a minute")
        try:
            session = await self._in_thread(lambda: self._compare(name, password))
        except Unauthenticated:
            self._wrong[pair] = (self._wrong.pop(pair, (0, 0.0))[0] + 1, self._platform.now())
            if len(self._wrong) > KNOWN_PAIRS:
                self._wrong.popitem(last=False)
            raise
        self._wrong.pop(pair, None)
        return session

    async def _in_thread(self, work: Callable[[], NewSession]) -> NewSession:
        if self._waiting >= MOST_WAITING:
            raise _wait("many others are signing in; try again in a second")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _compare(self, name: str, password: str) -> NewSession:
        records = self._platform.records
        user = directory_of(records).find(USER, name)
        profile = records.find(LOGIN_PROFILE, record_name(USER, name))
        hashed = profile["_hash"] if profile is not None else nobodys_hash()
        right = len(password) <= LONGEST_PASSWORD and password_matches(password, hashed)
        if user is None or profile is None or not right:
            raise Unauthenticated(
                "Your authentication information is incorrect: there is no user of this name with this "
                "password. clary users add makes one, clary users password sets another.",
                code="IncorrectPassword",
                http_status=401,
            )
        return self._sessions.begin_of_user(user, profile)


def _wait(message: str) -> PlatformError:
    return PlatformError(message, code="TooManyRequests", http_status=429)
