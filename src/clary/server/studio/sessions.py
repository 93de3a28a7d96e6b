"""Sessions of browsers: two secrets each, of which the store keeps the hashes.

    cookie    HttpOnly: no script reads it. Browsers send it to every port of a host name, jobs' too
    page key  kept by the page in the storage of its origin, sent in a header: no other port or page has it

Only both together are a session, so what a hostile page or port gets hold of is worth nothing alone. A
session ends after SESSION_S (one of a user profile after as long as was asked for), when its user signs out,
and when the user, the password, the user profile or its execution role is another one.
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
from clary.services.access.links import bad_link
from clary.services.access.passwords import LOGIN_PROFILE
from clary.services.access.user_profiles import profile_caller
from clary.store.records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clary.domain.identity import Caller
    from clary.services.access.credentials import Keyring
    from clary.services.access.links import ProfileGrant, SignInLink
    from clary.store.records import Records

Document = dict[str, Any]

SESSION, USED_LINK = "studio-session", "studio-used-link"
"""Kinds of records."""
SESSION_S = 12 * 3600.0
"""As long as the credentials of ``clary env``."""
MOST_SESSIONS = 1_000
"""Of all users together; the oldest end first."""
LONGEST_BROWSER = 256
"""Characters of what a browser calls itself."""
PAGE_KEY = "x-clary-page-key"
"""The header."""


@dataclass(frozen=True, slots=True)
class NewSession:
    cookie: str
    page_key: str
    expires_at: float
    landing: str = ""
    """The page that a link leads to, below /studio; empty where it names none."""


@dataclass(frozen=True, slots=True)
class Session:
    """id: of its record."""

    id: str
    caller: Caller
    expires_at: float


class Sessions:
    """Safe to use from any thread."""

    def __init__(self, records: Records, keyring: Keyring, account: str, now: Callable[[], float]) -> None:
        self._records = records
        self._account = account
        self._keyring = keyring
        self._now = now

    def begin_with_link(self, link: SignInLink, browser: str) -> NewSession:
        """A session of root or of a user profile. Raises Unauthenticated for a link that was used before."""
        with self._records.transaction():
            self._forget_expired(USED_LINK)
            try:
                self._records.insert(USED_LINK, link.id, {"ExpiresAt": link.expires_at})
            except RecordExists:
                raise bad_link("This link was used before.", link.grant) from None
            if link.grant is None:
                return self._begin(PrincipalKind.ROOT, "root", "", "", browser)
            return self._begin_of_profile(link.grant, browser)

    def begin_of_user(self, user: Mapping[str, Any], profile: Mapping[str, Any], browser: str) -> NewSession:
        with self._records.transaction():
            return self._begin(
                PrincipalKind.USER, user["UserName"], user["UserId"], profile["_password_id"], browser
            )

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

    def of_same(self, session: Session) -> list[Document]:
        """The sessions that have not ended of whoever has this one; the latest first."""
        own = self._records.find(SESSION, session.id)
        now = self._now()
        return [
            {
                "IsThis": name == session.id,
                "BegunAt": found["CreationTime"],
                "ExpiresAt": found["ExpiresAt"],
                "Browser": found.get("Browser", ""),
            }
            for name, found in reversed(self._same(own))
            if now < found["ExpiresAt"]
        ]

    def end_others(self, session: Session) -> int:
        """Ends all other sessions of whoever has this one; returns how many."""
        with self._records.transaction():
            others = [
                name for name, _ in self._same(self._records.find(SESSION, session.id)) if name != session.id
            ]
            for name in others:
                self._records.delete(SESSION, name)
        return len(others)

    def _same(self, own: Document | None) -> list[tuple[str, Document]]:
        if own is None:
            return []
        each = ((name, self._records.find(SESSION, name)) for name in self._records.names(SESSION))
        whose = ("Kind", "Name", "PrincipalId", "_profile", "_password_id")
        return [
            (name, found)
            for name, found in each
            if found is not None and all(found.get(member) == own.get(member) for member in whose)
        ]

    def keep(self, session: Session) -> None:
        """Has a user's session outlive a change of the password; all others of the user end."""
        profile = self._records.get(LOGIN_PROFILE, record_name(USER, session.caller.name))
        self._records.update(SESSION, session.id, {"_password_id": profile["_password_id"]})

    def end(self, session: Session) -> None:
        try:
            self._records.delete(SESSION, session.id)
        except RecordMissing:
            return

    def _begin_of_profile(self, grant: ProfileGrant, browser: str) -> NewSession:
        caller = self._profile(grant.domain_id, grant.profile, grant.profile_id, self._now())
        profile = {
            "DomainId": grant.domain_id,
            "UserProfileName": caller.session_name,
            "Id": grant.profile_id,
        }
        return self._begin(
            caller.kind,
            caller.name,
            caller.principal_id,
            "",
            browser,
            profile=profile,
            lives_s=grant.session_s,
            landing=grant.landing,
        )

    def _profile(self, domain_id: str, name: str, profile_id: str, issued_at: float) -> Caller:
        return profile_caller(self._records, self._account, domain_id, name, profile_id, issued_at)

    def _begin(
        self,
        kind: PrincipalKind,
        name: str,
        principal_id: str,
        password_id: str,
        browser: str,
        *,
        profile: Document | None = None,
        lives_s: float = SESSION_S,
        landing: str = "",
    ) -> NewSession:
        self._forget_expired(SESSION)
        for old in self._records.names(SESSION)[: 1 - MOST_SESSIONS]:
            self._records.delete(SESSION, old)
        expires_at = self._now() + lives_s
        new = NewSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), expires_at, landing)
        document = {
            "Kind": kind.value,
            "Name": name,
            "PrincipalId": principal_id,
            "ExpiresAt": expires_at,
            "Browser": browser[:LONGEST_BROWSER],
            "_profile": profile,
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
            raise _ended("its time is over")
        kind = PrincipalKind(found["Kind"])
        try:
            caller = self._caller(kind, found)
        except Unauthenticated as error:
            raise _ended(error.message) from None
        if kind is PrincipalKind.USER:
            profile = self._records.find(LOGIN_PROFILE, record_name(USER, caller.name))
            if profile is None or profile["_password_id"] != found["_password_id"]:
                raise _ended("the user has another password now, or none")
        return Session(session_id, caller, found["ExpiresAt"])

    def _caller(self, kind: PrincipalKind, found: Document) -> Caller:
        if kind is not PrincipalKind.ASSUMED_ROLE:
            return self._keyring.signed_in(kind, found["Name"], found["PrincipalId"], found["CreationTime"])
        profile = found["_profile"]
        caller = self._profile(
            profile["DomainId"], profile["UserProfileName"], profile["Id"], found["CreationTime"]
        )
        if caller.principal_id != found["PrincipalId"]:
            raise Unauthenticated("The user profile has another execution role now.")
        return caller

    def _forget_expired(self, kind: str) -> None:
        now = self._now()
        for name in self._records.names(kind):
            found = self._records.find(kind, name)
            if found is None or now < found["ExpiresAt"]:
                # In the order of creation. One that lives for long keeps those behind it, until then.
                return
            self._records.delete(kind, name)


def _ended(reason: str) -> Unauthenticated:
    return Unauthenticated(f"The session has ended: {reason}.", code=EXPIRED, http_status=401)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
