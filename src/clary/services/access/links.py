"""One-time links to Studio: text that only who has the key of the state folder can make.

    base64url(16 random bytes, 8 bytes of expiry, what is granted, HMAC-SHA256 of all three)

Nothing granted by name: the account's root (``clary studio``). A JSON object: a user profile of a domain
(``CreatePresignedDomainUrl``). A link is checked without a look into the store, so ``clary studio`` makes
one without asking the server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import struct
from dataclasses import asdict, dataclass

from clary.domain.errors import Unauthenticated

LIVES_S = 15 * 60.0
"""Of root's links."""

_NONCE_BYTES, _EXPIRY, _MAC_BYTES = 16, struct.Struct(">d"), 32


@dataclass(frozen=True, slots=True)
class ProfileGrant:
    """A session as a user profile. profile_id: of this profile, and of no later one of its name.

    landing: the page that opens, below /studio.
    """

    domain_id: str
    profile: str
    profile_id: str
    session_s: float
    landing: str


@dataclass(frozen=True, slots=True)
class SignInLink:
    """grant: None for root."""

    id: str
    expires_at: float
    grant: ProfileGrant | None


def make_link(url: str, key: bytes, expires_at: float, grant: ProfileGrant | None = None) -> str:
    """Returns the address of a page that signs in. key: of the state folder; expires_at: epoch seconds."""
    granted = b"" if grant is None else json.dumps(asdict(grant)).encode()
    facts = secrets.token_bytes(_NONCE_BYTES) + _EXPIRY.pack(expires_at) + granted
    token = base64.urlsafe_b64encode(facts + _mac(key, facts)).decode().rstrip("=")
    # Behind the #: browsers send that to no server, and previews of a link do not use it up.
    return f"{url}/studio/login#link={token}"


def read_link(token: str, key: bytes, now: float) -> SignInLink:
    """Raises Unauthenticated. Whether it was used is the caller's to know."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    facts, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    head = _NONCE_BYTES + _EXPIRY.size
    if len(facts) < head or not hmac.compare_digest(mac, _mac(key, facts)):
        raise bad_link("This link was not made by this server.")
    (expires_at,) = _EXPIRY.unpack(facts[_NONCE_BYTES:head])
    granted = facts[head:]
    grant = ProfileGrant(**json.loads(granted)) if granted else None
    if now >= expires_at:
        raise bad_link("This link has expired.", grant)
    return SignInLink(facts[:_NONCE_BYTES].hex(), expires_at, grant)


def bad_link(reason: str, grant: ProfileGrant | None = None) -> Unauthenticated:
    """grant: of the link, so that the message names what makes another one."""
    remedy = "clary studio" if grant is None else "aws sagemaker create-presigned-domain-url"
    return Unauthenticated(f"{reason} Make a new one with: {remedy}", code="InvalidLink")


def _mac(key: bytes, facts: bytes) -> bytes:
    purpose = hmac.digest(key, b"studio login link", hashlib.sha256)
    return hmac.digest(purpose, facts, hashlib.sha256)
