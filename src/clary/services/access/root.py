"""Makes the access key of an account's root."""

from __future__ import annotations

import secrets

from clary.domain.identity import Credentials

from .credentials import new_id


def new_root() -> Credentials:
    return Credentials(new_id("AKIA", 16), secrets.token_urlsafe(30))
