"""The keys of an installation, sealed for the database that its servers share.

    ForServers   sealed with the token key, which every server of the installation has in its folder
    ForJoining   sealed with the secret that an operator gives to a further server

So a dump of the database opens nothing: neither key is in it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clary.domain.identity import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]

SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_BYTES = 1 << 15, 8, 64 << 20
"""A guess of a secret that a person made up takes 0.1 s and 32 MiB."""

FOR_SERVERS, FOR_JOINING = b"clary keys for servers 1", b"clary keys for joining 1"


class WrongKey(Exception):
    """The key does not open what was sealed, or the seal is damaged."""


@dataclass(frozen=True, slots=True)
class InstallationKeys:
    """root: the account's own access key. token_key: what session tokens are sealed with.

    secret: what a further server has to know to get both.
    """

    root: Credentials
    token_key: bytes
    secret: str

    def __repr__(self) -> str:
        return f"InstallationKeys({self.root.access_key_id})"


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def seal(keys: InstallationKeys) -> Document:
    """Returns the document that servers share."""
    salt = secrets.token_bytes(16)
    content = json.dumps(
        {
            "AccessKeyId": keys.root.access_key_id,
            "SecretAccessKey": keys.root.secret_access_key,
            "TokenKey": _text(keys.token_key),
            "Secret": keys.secret,
        }
    ).encode()
    return {
        "Salt": _text(salt),
        "ForServers": _seal(_servers_key(keys.token_key), content, FOR_SERVERS),
        "ForJoining": _seal(_joining_key(keys.secret, salt), content, FOR_JOINING),
    }


def open_with_token_key(sealed: Mapping[str, Any], token_key: bytes) -> InstallationKeys:
    """Opens the keys as a server of the installation. Raises WrongKey."""
    return _open(_servers_key(token_key), sealed, "ForServers", FOR_SERVERS)


def open_with_secret(sealed: Mapping[str, Any], secret: str) -> InstallationKeys:
    """Opens the keys as a server that joins. Raises WrongKey."""
    try:
        salt = base64.b64decode(sealed["Salt"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise WrongKey from error
    return _open(_joining_key(secret, salt), sealed, "ForJoining", FOR_JOINING)


def _servers_key(token_key: bytes) -> bytes:
    return hmac.digest(token_key, b"keys of the installation", hashlib.sha256)


def _joining_key(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        secret.encode(), salt=salt, n=SCRYPT_COST, r=SCRYPT_BLOCK, p=1, maxmem=SCRYPT_BYTES, dklen=32
    )


def _seal(key: bytes, content: bytes, about: bytes) -> str:
    nonce = secrets.token_bytes(12)
    return _text(nonce + AESGCM(key).encrypt(nonce, content, about))


def _open(key: bytes, sealed: Mapping[str, Any], member: str, about: bytes) -> InstallationKeys:
    try:
        raw = base64.b64decode(sealed[member], validate=True)
        content = json.loads(AESGCM(key).decrypt(raw[:12], raw[12:], about))
        return InstallationKeys(
            Credentials(content["AccessKeyId"], content["SecretAccessKey"]),
            base64.b64decode(content["TokenKey"]),
            content["Secret"],
        )
    except (InvalidTag, KeyError, TypeError, ValueError) as error:
        raise WrongKey from error


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
