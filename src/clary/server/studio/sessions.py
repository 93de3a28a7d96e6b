"""Sessions of browsers: two secrets each, of which the store keeps the hashes.

    cookie    HttpOnly: no script reads it. Browsers send it to every port of a host name, jobs' too
    page key  kept by the page in the storage of its origin, sent in a header: no other port or page has it

Only both together are a session, so what a hostile page or port gets hold of is worth nothing alone. A
session ends when it is as old as SESSION_S, when its user signs out, and when the user or the password is
another one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.errors import Unauthenticated
from clary.domain.identity import PrincipalKind
from clary.services.access.credentials import EXPIRED
from clary.services.access.directory import USER, record_name
from clary.services.access.passwords import LOGIN_PROFILE
from clary.store.records import RecordExists, RecordMissing

from .links import bad_link

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clary.domain.identity import Caller
    from clary.services.access.credentials import Keyring
    from clary.store.records import Records

Document = dict[str, Any]

SESSION, USED_LINK = "studio-session", "studio-used-link"
"""Kinds of records."""
SESSION_S = 12 * 3600.0
"""As long as the credentials of ``clary env``."""
MOST_SESSIONS = 1_000
"""Of all users together; the oldest end first."""
PAGE_KEY = "x-clary-page-key"
"""The header."""


@dataclass(frozen=True, slots=True)
class NewSession:
    cookie: str
    page_key: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Session:
    """id: of its record."""

    id: str
    caller: Caller
    expires_at: float


class Sessions:
    """Safe to use from any thread."""

    def __init__(self, records: Records, keyring: Keyring, now: Callable[[], float]) -> None:
        self._records = records
        self._keyring = keyring
        self._now = now

    def begin_with_link(self, link_id: str, expires_at: float) -> NewSession:
        """A session of root. Raises Unauthenticated for a link that was used before."""
        with self._records.transaction():
            self._forget_expired(USED_LINK)
            try:
                self._records.insert(USED_LINK, link_id, {"ExpiresAt": expires_at})
            except RecordExists:
                raise bad_link("This link was used before.") from None
            return self._begin(PrincipalKind.ROOT, "root", "", "")

    def begin_of_user(self, user: Mapping[str, Any], profile: Mapping[str, Any]) -> NewSession:
        with self._records.transaction():
            return self._begin(PrincipalKind.USER, user["UserName"], user["UserId"], profile["_password_id"])

    def find(self, cookie: str, page_key: str) -> Session:
        """Raises Unauthenticated when there is no such session, or it has ended."""
        return self._checked(_digest(cookie), page_key)

    def of_ticket(self, session_id: str, cookie: str) -> Session:
        """The session that a ticket names, in the browser that has its cookie. Raises Unauthenticated."""
        if not hmac.compare_digest(_digest(cookie), session_id):
            raise Unauthenticated("You are not signed in.", code="NotSignedIn", http_status=401)
        return self._checked(session_id, None)

    def still(self, session: Session) -> bool:
        """Whether a session that was found before has not ended since."""
        try:
            self._checked(session.id, None)
        except Unauthenticated:
            return False
        return True

    def end(self, session: Session) -> None:
        try:
            self._records.delete(SESSION, session.id)
        except RecordMissing:
            return

    def _begin(self, kind: PrincipalKind, name: str, principal_id: str, password_id: str) -> NewSession:
        self._forget_expired(SESSION)
        for old in self._records.names(SESSION)[: 1 - MOST_SESSIONS]:
            self._records.delete(SESSION, old)
        new = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), self._now() + SESSION_S)
        document = {
            "Kind": kind.value,
            "Name": name,
            "PrincipalId": principal_id,
            "ExpiresAt": new.expires_at,
            "_password_id": password_id,
            "_page_key": _digest(new.page_key),
        }
        self._records.insert(SESSION, _digest(new.cookie), document)
        return new

    def _checked(self, session_id: str, page_key: str | None) -> Session:
        found = self._records.find(SESSION, session_id)
        if found is None or (
            page_key is not None and not hmac.compare_digest(_digest(page_key), found["_page_key"])
        ):
            raise Unauthenticated("You are not signed in.", code="NotSignedIn", http_status=401)
        if self._now() >= found["ExpiresAt"]:
            raise _ended("it is older than 12 hours")
        kind = PrincipalKind(found["Kind"])
        try:
            caller = self._keyring.signed_in(kind, found["Name"], found["PrincipalId"], found["CreationTime"])
        except Unauthenticated as error:
            raise _ended(error.message) from None
        if kind is PrincipalKind.USER:
            profile = self._records.find(LOGIN_PROFILE, record_name(USER, caller.name))
            if profile is None or profile["_password_id"] != found["_password_id"]:
                raise _ended("the user has another password now, or none")
        return Session(session_id, caller, found["ExpiresAt"])

    def _forget_expired(self, kind: str) -> None:
        now = self._now()
        for name in self._records.names(kind):
            found = self._records.find(kind, name)
            if found is None or now < found["ExpiresAt"]:
                # Names are in the order of creation, and all records of a kind live about equally long.
                return
            self._records.delete(kind, name)


def _ended(reason: str) -> Unauthenticated:
    return Unauthenticated(f"The session has ended: {reason}.", code=EXPIRED, http_status=401)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
