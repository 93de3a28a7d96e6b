"""Tickets of downloads: text that only this server makes, for one object and one session.

base64url(HMAC-SHA256, JSON)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import astuple, dataclass

import orjson

from clary.domain.errors import Unauthenticated

_MAC_BYTES = 32


@dataclass(frozen=True, slots=True)
class Ticket:
    """version: empty for the latest. expires_at: epoch seconds."""

    session_id: str
    bucket: str
    key: str
    version: str
    expires_at: float


def make_ticket(ticket: Ticket, key: bytes) -> str:
    """key: of the state folder."""
    facts = orjson.dumps(astuple(ticket))
    return base64.urlsafe_b64encode(_mac(key, facts) + facts).decode().rstrip("=")


def read_ticket(text: str, key: bytes, now: float) -> Ticket:
    """Raises Unauthenticated for one that was not made here, or is too old."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    mac, facts = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, facts)):
        raise _bad("This link was not made by this server.")
    ticket = Ticket(*orjson.loads(facts))
    if now >= ticket.expires_at:
        raise _bad("This link has expired.")
    return ticket


def _mac(key: bytes, facts: bytes) -> bytes:
    purpose = hmac.digest(key, b"studio download", hashlib.sha256)
    return hmac.digest(purpose, facts, hashlib.sha256)


def _bad(reason: str) -> Unauthenticated:
    return Unauthenticated(
        f"{reason} Start the download on Studio's page again.", code="InvalidLink", http_status=403
    )
