"""One-time links: text that only who has the key of the state folder can make, good for one sign-in as root.

    base64url(16 random bytes, 8 bytes of expiry, HMAC-SHA256 of both)

A link is checked without a look into the store, so ``clary studio`` makes one without asking the server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from clary.domain.errors import Unauthenticated

LIVES_S = 15 * 60.0

_NONCE_BYTES, _EXPIRY, _MAC_BYTES = 16, struct.Struct(">d"), 32


def make_link(url: str, key: bytes, now: float) -> str:
    """Returns the address of a page that signs in. key: of the state folder; now: epoch seconds."""
    facts = secrets.token_bytes(_NONCE_BYTES) + _EXPIRY.pack(now + LIVES_S)
    token = base64.urlsafe_b64encode(facts + _mac(key, facts)).decode().rstrip("=")
    # Behind the #: browsers send that to no server, and previews of a link do not use it up.
    return f"{url}/studio/login#link={token}"


def read_link(token: str, key: bytes, now: float) -> tuple[str, float]:
    """(its id, when it expires). Raises Unauthenticated. Whether it was used is the caller's to know."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    facts, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(facts) != _NONCE_BYTES + _EXPIRY.size or not hmac.compare_digest(mac, _mac(key, facts)):
        raise bad_link("This link was not made by this server.")
    (expires_at,) = _EXPIRY.unpack(facts[_NONCE_BYTES:])
    if now >= expires_at:
        raise bad_link("This link has expired.")
    return facts[:_NONCE_BYTES].hex(), expires_at


def bad_link(reason: str) -> Unauthenticated:
    return Unauthenticated(f"{reason} Make a new one with: clary studio", code="InvalidLink")


def _mac(key: bytes, facts: bytes) -> bytes:
    purpose = hmac.digest(key, b"studio login link", hashlib.sha256)
    return hmac.digest(purpose, facts, hashlib.sha256)
