"""How a request was sent, for conditions that check this and not the parameters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class RequestFacts:
    """auth_type and signature_version are in S3's words.

    signature_age_ms: the age of a presigned URL; None when the signature is in a header.
    server_url: where the sender reached this server, ``http://host:port``; empty when that is not known.
    secure: whether the request came over TLS of this server. What a proxy says of its own could be made up.
    content_sha256: as stated in the request, also ``UNSIGNED-PAYLOAD``; empty when it states none.
    Do not change it; it is not frozen, as that takes twice the time to make.
    """

    source_ip: str
    user_agent: str = ""
    referer: str = ""
    auth_type: str = "REST-HEADER"
    signature_version: str = "AWS4-HMAC-SHA256"
    signature_age_ms: int | None = None
    content_sha256: str = ""
    server_url: str = ""
    secure: bool = False
