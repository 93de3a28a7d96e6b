"""What a request goes by in its answer and in the log."""

from __future__ import annotations

import secrets
import uuid


def new_request_id() -> str:
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
