"""How a request came, for the conditions that ask about that and not about what it asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """auth_type and signature_version are in S3's words.

    signature_age_ms: how long ago the address was signed; None when the signature is in a header.
    content_sha256: as the request says it, ``UNSIGNED-PAYLOAD`` included; empty when it says nothing.
    """

    source_ip: str
    user_agent: str = ""
    referer: str = ""
    auth_type: str = "REST-HEADER"
    signature_version: str = "AWS4-HMAC-SHA256"
    signature_age_ms: int | None = None
    content_sha256: str = ""
