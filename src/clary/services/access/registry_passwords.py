"""Passwords for the registry of images: a session, sealed so that it is good for nothing else.

    <access key id>.<session token>.<seal>

Key id and token alone are in presigned URLs, so the seal makes the password; the secret key is not in it, so
that nobody can sign requests with a password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from clary.domain.errors import Unauthenticated


def make_password(key: bytes, access_key_id: str, token: str) -> str:
    return f"{access_key_id}.{token}.{_seal(key, access_key_id, token)}"


def read_password(key: bytes, password: str) -> tuple[str, str]:
    """Returns (access key id, session token) of a password that this server made. Raises Unauthenticated."""
    parts = password.split(".")
    if len(parts) == 3 and password.isascii():
        access_key_id, token, seal = parts
        if hmac.compare_digest(seal, _seal(key, access_key_id, token)):
            return access_key_id, token
    raise Unauthenticated("the password is not one of `aws ecr get-login-password` of this server")


def _seal(key: bytes, access_key_id: str, token: str) -> str:
    digest = hmac.digest(key, f"{access_key_id}.{token}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
