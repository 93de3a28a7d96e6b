"""The secret access keys of users, sealed for the database: a dump of it signs no request.

The records of keys have ``_sealed`` in the place of ``SecretAccessKey``. What opens it is derived from the
token key, which every server of the installation has in its folder, and no database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .directory import ACCESS_KEY
from .sealed_keys import WrongKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.store.records import Records

Document = dict[str, Any]

SECRET, SEALED = "SecretAccessKey", "_sealed"
_VERSION, _NONCE_BYTES = b"clary secret of a user 1 ", 12


class UserSecrets:
    """Seals and opens secrets. Safe to use from any thread."""

    def __init__(self, token_key: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(token_key, b"secrets of users", hashlib.sha256))

    def sealed(self, key: Mapping[str, Any]) -> Document:
        """Returns the document of an access key without its secret, which is sealed for this key alone."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        raw = nonce + self._cipher.encrypt(nonce, key[SECRET].encode(), _about(key))
        return {name: key[name] for name in key if name != SECRET} | {SEALED: base64.b64encode(raw).decode()}

    def secret_of(self, key: Mapping[str, Any]) -> str:
        """Returns the secret of a stored access key. Raises WrongKey for one of another installation."""
        if SEALED not in key:
            # By an earlier version, which has stored it since this server was started.
            return str(key[SECRET])
        raw = base64.b64decode(key[SEALED])
        try:
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _about(key)).decode()
        except (InvalidTag, ValueError) as error:
            raise WrongKey from error


def seal_earlier(records: Records, user_secrets: UserSecrets) -> None:
    """Seals the secrets that an earlier version has stored as they are. Call it in a transaction."""

    def seal(key: Document) -> Document:
        sealed = user_secrets.sealed(key)
        del key[SECRET]
        return sealed

    for key in records.each(ACCESS_KEY):
        if SECRET in key:
            records.update(ACCESS_KEY, key["AccessKeyId"], seal)


def _about(key: Mapping[str, Any]) -> bytes:
    return _VERSION + str(key["AccessKeyId"]).encode()
