"""Makes access keys and session tokens, and finds the Caller of given ones.

Three kinds of keys:

    root      AKIA...   the account's own, from the state folder
    user      AKIA...   records of kind iam-access-key, whose secrets are sealed (user_secrets.py)
    session   ASIA...   not stored: the token is encrypted (AES-GCM) and contains its caller and expiry; the
                        secret is derived from the key id. So sessions survive a restart.

A session ends early when its user or role is deleted, even if another of the same name is created later.
The session of a host's agent ends with its job (``hosts.host_identity``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clary.domain.errors import NotFound, Unauthenticated
from clary.domain.identity import Caller, Credentials, PrincipalKind

from .directory import ACCESS_KEY, ROLE, USER, directory_of
from .hosts import host_identity
from .links import make_link
from .registry_passwords import make_password, read_password
from .sealed_keys import WrongKey
from .user_secrets import UserSecrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clary.store.records import Records

    from .links import ProfileGrant

TOKEN_VERSION = b"\2"
JOB_SESSION_S = 3600.0

UNKNOWN = "UnrecognizedClientException"
EXPIRED = "ExpiredTokenException"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class _Session:
    caller: Caller
    secret: str
    expires_at: float


class Keyring:
    """Mints credentials and resolves them. Safe to use from any thread.

    secret: at least 32 random bytes. Anyone who has them can make any session, and any link to Studio.
    """

    def __init__(
        self,
        secret: bytes,
        root: Credentials,
        account: str,
        records: Records,
        now: Callable[[], float],
        *,
        job_session_s: float = JOB_SESSION_S,
    ) -> None:
        """job_session_s: how long a job has credentials of its role, until it asks for further ones."""
        self.job_session_s = job_session_s
        self._seal = AESGCM(_derive(secret, "session token"))
        self._secret_key = _derive(secret, "session secret")
        self._link_key = secret
        self._password_key = _derive(secret, "registry password")
        self.user_secrets = UserSecrets(secret)
        self._account = account
        self._records = records
        self._directory = directory_of(records)
        self._now = now
        self.use_root(root)
        self._opened = lru_cache(maxsize=4096)(self._open)

    def use_root(self, root: Credentials) -> None:
        """Knows this root key from now on, and the one of before no more."""
        caller = Caller(
            kind=PrincipalKind.ROOT,
            account=self._account,
            arn=f"arn:aws:iam::{self._account}:root",
            name="root",
            access_key_id=root.access_key_id,
            principal_id=self._account,
        )
        # As one: another thread resolves a key meanwhile.
        self._root = root, caller

    def mint(
        self,
        kind: PrincipalKind,
        name: str,
        *,
        arn: str,
        session_name: str,
        ttl_s: float,
        session_policy: str = "",
        session_tags: Mapping[str, str] | None = None,
        transitive_tags: Iterable[str] = (),
        source_identity: str = "",
    ) -> Credentials:
        """Returns credentials for ``ttl_s`` seconds. Raises NotFound when the principal does not exist."""
        access_key_id = new_id("ASIA", 16)
        now = self._now()
        expires_at = now + ttl_s
        facts = {
            "kind": kind.value,
            "name": name,
            "arn": arn,
            "session_name": session_name,
            "principal_id": self._principal_id(kind, name, session_name),
            "issued_at": now,
            "expires_at": expires_at,
            "session_policy": session_policy,
            "session_tags": list((session_tags or {}).items()),
            "transitive_tags": list(transitive_tags),
            "source_identity": source_identity,
        }
        nonce = secrets.token_bytes(12)
        sealed = self._seal.encrypt(nonce, zlib.compress(json.dumps(facts).encode()), _about(access_key_id))
        token = base64.urlsafe_b64encode(TOKEN_VERSION + nonce + sealed).decode().rstrip("=")
        return Credentials(access_key_id, self._session_secret(access_key_id), token, expires_at)

    def resolve(self, access_key_id: str, session_token: str, now: float) -> tuple[str, Caller]:
        """Returns (secret access key, its caller). Raises Unauthenticated."""
        if session_token:
            return self._resolve_session(access_key_id, session_token, now)
        root, caller = self._root
        if access_key_id == root.access_key_id:
            return root.secret_access_key, caller
        if access_key_id.startswith("ASIA"):
            raise Unauthenticated(
                "The security token included in the request is invalid: the access key "
                f"{access_key_id} belongs to a session, so its session token has to be sent too."
            )
        return self._resolve_user_key(access_key_id)

    def sign_in_link(self, url: str, expires_at: float, grant: ProfileGrant) -> str:
        """Returns a one-time link to Studio of this server, as a user profile."""
        return make_link(url, self._link_key, expires_at, grant)

    def registry_password(self, caller: Caller, ttl_s: float) -> tuple[str, float]:
        """Returns a password for the registry of images with the caller's rights, and when it expires."""
        session = self.mint(
            caller.kind,
            caller.name,
            arn=caller.arn,
            session_name=caller.session_name,
            ttl_s=ttl_s,
            session_policy=caller.session_policy,
            session_tags=dict(caller.session_tags),
            transitive_tags=caller.transitive_tags,
            source_identity=caller.source_identity,
        )
        password = make_password(self._password_key, session.access_key_id, session.session_token)
        return password, self._now() + ttl_s

    def of_registry_password(self, password: str, now: float) -> Caller:
        """Returns whose password it is. Raises Unauthenticated."""
        return self.resolve(*read_password(self._password_key, password), now)[1]

    def signed_in(self, kind: PrincipalKind, name: str, principal_id: str, issued_at: float) -> Caller:
        """The root or the user that a session of a browser is for; raises Unauthenticated when it is gone."""
        if kind is PrincipalKind.ROOT:
            return replace(self._root[1], access_key_id="", issued_at=issued_at)
        user = self._directory.find(USER, name)
        if user is None or user["UserId"] != principal_id:
            raise Unauthenticated(f"The user {name!r} of this session does not exist any more.", code=EXPIRED)
        return self._user(user, "", issued_at)

    def _user(self, user: Mapping[str, Any], access_key_id: str, issued_at: float | None = None) -> Caller:
        return Caller(
            kind=PrincipalKind.USER,
            account=self._account,
            arn=user["Arn"],
            name=user["UserName"],
            access_key_id=access_key_id,
            principal_id=user["UserId"],
            issued_at=issued_at,
        )

    def _resolve_user_key(self, access_key_id: str) -> tuple[str, Caller]:
        key = self._directory.find(ACCESS_KEY, access_key_id)
        user = None if key is None else self._directory.find(USER, key["UserName"])
        if key is None or user is None:
            raise Unauthenticated(
                f"The security token included in the request is invalid: no access key {access_key_id}."
            )
        if key["Status"] != "Active":
            raise Unauthenticated(
                "The security token included in the request is invalid: the access key "
                f"{access_key_id} is inactive. iam UpdateAccessKey makes it active again."
            )
        try:
            return self.user_secrets.secret_of(key), self._user(user, access_key_id)
        except WrongKey:
            raise Unauthenticated(
                "The security token included in the request is invalid: the secret of the access key "
                f"{access_key_id} was sealed with keys that this installation has lost (clary keys reset, or "
                "a folder without its token.key). Delete it, and create another one."
            ) from None

    def _resolve_session(self, access_key_id: str, token: str, now: float) -> tuple[str, Caller]:
        session = self._opened(access_key_id, token)
        if now >= session.expires_at:
            raise Unauthenticated("The security token included in the request is expired", code=EXPIRED)
        caller = session.caller
        try:
            alive = self._principal_id(caller.kind, caller.name, caller.session_name) == caller.principal_id
        except NotFound:
            alive = False
        if not alive:
            raise Unauthenticated(
                "The security token included in the request is invalid: "
                f"the {_NOUNS[caller.kind]} {caller.name!r} it was made for does not exist any more."
            )
        return session.secret, caller

    def _open(self, access_key_id: str, token: str) -> _Session:
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            if raw[:1] != TOKEN_VERSION:
                raise ValueError("unknown version")
            sealed = self._seal.decrypt(raw[1:13], raw[13:], _about(access_key_id))
        except (ValueError, InvalidTag):
            raise Unauthenticated(
                "The security token included in the request is invalid: it was not made by this server, "
                "or belongs to another access key."
            ) from None
        facts = json.loads(zlib.decompress(sealed))
        expires_at = facts.pop("expires_at")
        caller = Caller(
            kind=PrincipalKind(facts.pop("kind")),
            account=self._account,
            access_key_id=access_key_id,
            session_tags=tuple((key, value) for key, value in facts.pop("session_tags")),
            transitive_tags=frozenset(facts.pop("transitive_tags")),
            **facts,
        )
        return _Session(caller, self._session_secret(access_key_id), expires_at)

    def _session_secret(self, access_key_id: str) -> str:
        digest = hmac.digest(self._secret_key, access_key_id.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode()[:40]

    def _principal_id(self, kind: PrincipalKind, name: str, session_name: str) -> str:
        """Raises NotFound."""
        if kind is PrincipalKind.ROOT:
            return self._account
        if kind is PrincipalKind.HOST:
            return host_identity(self._records, name)
        found = self._directory.find(ROLE if kind is PrincipalKind.ASSUMED_ROLE else USER, name)
        if found is None:
            raise NotFound(
                f"The {_NOUNS[kind]} with name {name} cannot be found.", code="NoSuchEntity", http_status=404
            )
        if kind is PrincipalKind.ASSUMED_ROLE:
            return f"{found['RoleId']}:{session_name}"
        return str(found["UserId"])


_NOUNS = {
    PrincipalKind.ROOT: "account",
    PrincipalKind.USER: "user",
    PrincipalKind.ASSUMED_ROLE: "role",
    PrincipalKind.HOST: "host",
}


def new_id(prefix: str, length: int) -> str:
    """Returns a unique id in IAM's form: ``prefix`` and ``length`` characters of base 32."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _about(access_key_id: str) -> bytes:
    """Returns what a token is authenticated with, so that it decrypts for its version and key only."""
    return TOKEN_VERSION + access_key_id.encode()


def _derive(secret: bytes, purpose: str) -> bytes:
    """Derives a key of 32 bytes for one purpose."""
    return hmac.digest(secret, purpose.encode(), hashlib.sha256)
