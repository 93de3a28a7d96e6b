"""Passwords of users: which are good enough, and their scrypt hashes in the records of login profiles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache
from typing import Any

from clary.domain.errors import BadRequest

LOGIN_PROFILE = "iam-login-profile"
"""The kind of the records. No answer shows ``_hash``, nor ``_password_id``, another one for each password."""

_COST, _BLOCK, _LANES = 1 << 15, 8, 1
"""scrypt's parameters: 32 MiB and about 0.1 s for one hash."""
_MEMORY_BYTES = 64 << 20

SHORTEST = 8
"""AWS's own policy for an account that has set none: so long, and three of four sorts of characters."""
SORTS = 3
LONGEST_PASSWORD = 128
"""IAM's own limit."""


def check_password(user_name: str, password: str) -> None:
    """Raises BadRequest (PasswordPolicyViolation) for one that is too easy to guess."""
    sorts = (str.isupper, str.islower, str.isdigit, lambda character: not character.isalnum())
    present = sum(any(is_one(character) for character in password) for is_one in sorts)
    if (
        not SHORTEST <= len(password) <= LONGEST_PASSWORD
        or present < SORTS
        or password.lower() == user_name.lower()
    ):
        raise BadRequest(
            "Password does not conform to the account password policy: "
            f"{SHORTEST} to {LONGEST_PASSWORD} characters; at least {SORTS} of upper case, lower case, "
            "digits and other characters; not the user's name",
            code="PasswordPolicyViolation",
        )


def password_members(password: str) -> dict[str, Any]:
    """The members of a login profile that change with its password."""
    return {"_hash": hash_password(password), "_password_id": secrets.token_hex(8)}


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    parts = ("scrypt", str(_COST), str(_BLOCK), str(_LANES), _text(salt), _text(digest))
    return "$".join(parts)


def password_matches(password: str, hashed: str) -> bool:
    _, cost, block, lanes, salt, digest = hashed.split("$")
    found = _scrypt(password, base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, base64.b64decode(digest))


@cache
def nobodys_hash() -> str:
    """What a password is compared with where there is no such user, so that both answers take as long."""
    return hash_password(secrets.token_urlsafe())


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY_BYTES, dklen=32
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
