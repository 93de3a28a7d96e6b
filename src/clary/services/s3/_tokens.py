"""Continuation tokens. Opaque for clients; they contain the name after which the next page begins."""

from __future__ import annotations

import base64
import binascii

from . import _errors as errors


def write_token(name: str) -> str:
    return base64.urlsafe_b64encode(b"1" + name.encode()).decode("ascii")


def read_token(token: str) -> str:
    try:
        content = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        if not content.startswith(b"1"):
            raise ValueError("not a token of this version")
        return content[1:].decode()
    except (binascii.Error, ValueError):
        raise errors.invalid_argument(
            "continuation-token", token, "The continuation token provided is incorrect"
        ) from None
