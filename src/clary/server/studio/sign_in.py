"""Signing in: a one-time link, or the name and password of a user.

A caller without rights costs little: passwords are compared by one thread, for few requests at a time, and an
address that was wrong too often has to wait.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from clary.domain.errors import BadRequest, Denied, PlatformError, SerializationError, Unauthenticated
from clary.server.request_context import authorize_request, context_of
from clary.services.access.directory import USER, directory_of, record_name
from clary.services.access.links import read_link
from clary.services.access.passwords import (
    LOGIN_PROFILE,
    LONGEST_PASSWORD,
    check_password,
    nobodys_hash,
    password_matches,
    password_members,
)
from clary.services.iam.login_profile import change_password

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.server.platform import Platform
    from clary.services.access.facts import RequestFacts

    from .sessions import NewSession, Session, Sessions

T = TypeVar("T")

MOST_WAITING = 8
"""Passwords that are compared or wait to be: the last has its answer after about a second."""
WRONG_PASSWORDS = 8
"""After so many of one name from one address, the pair waits: guessing is slow, and others sign in."""
WAIT_S = 60.0
KNOWN_PAIRS = 4_096


class WrongPassword(Unauthenticated):
    """Counted against whoever guesses."""

    code, http_status = "IncorrectPassword", 401


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

    async def begin(self, request: dict[str, Any], source_ip: str, browser: str) -> NewSession:
        """Begins the session that a Link, or UserName and Password, stand for.

        NewPassword beside them replaces a password that has to be replaced. Raises BadRequest,
        Unauthenticated, SerializationError, and PlatformError (429) for one that has to wait.
        """
        if isinstance(link := request.get("Link"), str):
            read = read_link(link, self._key, self._platform.now())
            return await self._in_thread(lambda: self._sessions.begin_with_link(read, browser))
        name, password = request.get("UserName"), request.get("Password")
        if not isinstance(name, str) or not isinstance(password, str):
            raise SerializationError("the body has to be a JSON object with a Link, or UserName and Password")
        new = request.get("NewPassword")
        if new is not None and not isinstance(new, str):
            raise SerializationError("NewPassword has to be a text")
        return await self._with_password(
            name[:64],
            source_ip,
            lambda: self._compare(name[:64], password, new, browser),
        )

    async def change(self, session: Session, facts: RequestFacts, request: dict[str, Any]) -> None:
        """Changes the password of a session's user, as IAM's ChangePassword does; the session stays.

        Raises Denied, Unauthenticated, BadRequest, and PlatformError (429) for one that has to wait.
        """
        caller = session.caller
        wanted: Any = {name: request.get(name) for name in ("OldPassword", "NewPassword")}
        if not all(isinstance(each, str) and len(each) <= LONGEST_PASSWORD for each in wanted.values()):
            raise SerializationError(
                f"OldPassword and NewPassword have to be texts of at most {LONGEST_PASSWORD} characters"
            )
        authorize_request(self._platform, caller, "iam", "ChangePassword", wanted, facts)
        context = context_of(self._platform, caller, facts)

        def change() -> None:
            try:
                with self._platform.records.transaction():
                    change_password(context, wanted)
                    self._sessions.keep(session)
            except Denied as error:
                raise WrongPassword(error.message, http_status=403) from None

        await self._with_password(caller.name, facts.source_ip, change)

    async def _with_password(self, name: str, source_ip: str, compare: Callable[[], T]) -> T:
        pair = (name.lower(), source_ip)
        count, last_at = self._wrong.get(pair, (0, 0.0))
        if count >= WRONG_PASSWORDS and self._platform.now() < last_at + WAIT_S:
            raise _wait(f"{count} wrong passwords for {name!r} came from your address; wait a minute")
        try:
            result = await self._in_thread(compare)
        except WrongPassword:
            self._wrong[pair] = (self._wrong.pop(pair, (0, 0.0))[0] + 1, self._platform.now())
            if len(self._wrong) > KNOWN_PAIRS:
                self._wrong.popitem(last=False)
            raise
        self._wrong.pop(pair, None)
        return result

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise _wait("many others are signing in; try again in a second")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _compare(self, name: str, password: str, new: str | None, browser: str) -> NewSession:
        records = self._platform.records
        user = directory_of(records).find(USER, name)
        profile = records.find(LOGIN_PROFILE, record_name(USER, name))
        hashed = profile["_hash"] if profile is not None else nobodys_hash()
        right = len(password) <= LONGEST_PASSWORD and password_matches(password, hashed)
        if user is None or profile is None or not right:
            raise WrongPassword(
                "Your authentication information is incorrect: there is no user of this name with this "
                "password. clary users add makes one, clary users password sets another."
            )
        if profile["PasswordResetRequired"]:
            profile = self._changed(user["UserName"], password, new)
        elif new is not None:
            raise BadRequest("This password may stay. Sign in with it, then change it under Your account.")
        return self._sessions.begin_of_user(user, profile, browser)

    def _changed(self, name: str, old: str, new: str | None) -> dict[str, Any]:
        """The login profile of a user who had to choose another password.

        Raises Unauthenticated while there is none, and BadRequest for one that is too easy to guess.
        """
        if new is None:
            raise Unauthenticated(
                "This password was given to you by somebody else; choose one of your own.",
                code="PasswordResetRequired",
                http_status=401,
            )
        if new == old:
            raise BadRequest(
                "The new password is the old one; choose another.", code="PasswordPolicyViolation"
            )
        check_password(name, new[: LONGEST_PASSWORD + 1])
        return self._platform.records.update(
            LOGIN_PROFILE, record_name(USER, name), {"PasswordResetRequired": False, **password_members(new)}
        )


def _wait(message: str) -> PlatformError:
    return PlatformError(message, code="TooManyRequests", http_status=429)
