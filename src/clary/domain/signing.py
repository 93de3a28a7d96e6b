"""AWS Signature Version 4: what both the signer and the verifier compute.

    canonical request  ->  string to sign  ->  signature
    (the request in one spelling)  (hashed, with date and scope)  (keyed by the secret, day, region, service)

S3 signs its path as it is sent. Every other service encodes the path once more, without ``.``, ``..``
and empty segments.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clary.domain.identity import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
LONGEST_KEPT = 256
"""Longer paths are not cached: a caller without keys could fill the memory with them."""
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_UNSIGNED_HEADERS = frozenset(
    {
        "authorization",
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)
"""Headers of one hop, or that a proxy may change. They are not signed."""


def sign_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body_sha256: str,
    credentials: Credentials,
    region: str,
    service: str,
    at: float,
) -> dict[str, str]:
    """Returns the headers to add to a request to sign it. All of ``headers`` are signed as well.

    url: absolute, with its path and query already percent-encoded as they will be sent.
    body_sha256: in hex, or ``UNSIGNED_PAYLOAD`` where the service allows it.
    at: epoch seconds; a server accepts 15 minutes either way.
    """
    address = urlsplit(url)
    date = amz_date(at)
    added = {"x-amz-date": date}
    if service == "s3":
        added["x-amz-content-sha256"] = body_sha256
    if credentials.session_token:
        added["x-amz-security-token"] = credentials.session_token
    signed = {name.lower(): value for name, value in headers.items()}
    signed.setdefault("host", host_header(url))
    signed.update(added)
    names = sorted(signed.keys() - _UNSIGNED_HEADERS)
    request = canonical_request(
        method,
        canonical_path(address.path, service),
        canonical_query(address.query),
        [(name, trimmed(signed[name])) for name in names],
        body_sha256,
    )
    scope = credential_scope(date[:8], region, service)
    key = signing_key(credentials.secret_access_key, date[:8], region, service)
    mac = signature(key, string_to_sign(date, scope, request))
    return {
        **added,
        "host": signed["host"],
        "authorization": f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={mac}",
    }


def amz_date(at: float) -> str:
    """Formats epoch seconds as a signature has them: ``20261130T120000Z``."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))


def host_header(url: str) -> str:
    """Returns what an HTTP client sends as ``Host``: with the port unless it is the scheme's own."""
    address = urlsplit(url)
    host = address.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    standard = {"http": 80, "https": 443}.get(address.scheme)
    return host if address.port in (None, standard) else f"{host}:{address.port}"


def canonical_path(path: str, service: str) -> str:
    """Returns the path as it is signed. path: as sent, percent-encoded."""
    if service == "s3" or path in ("", "/"):
        return path or "/"
    return _normal_path(path) if len(path) <= LONGEST_KEPT else _normal_path.__wrapped__(path)


@lru_cache(maxsize=1024)
def _normal_path(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    closing = "/" if kept and path.endswith("/") else ""
    return quote("/" + "/".join(kept) + closing, safe="/~")


def canonical_query(query: str) -> str:
    """Returns the query as it is signed: sorted, and with ``=`` behind each name.

    query: as sent, percent-encoded.
    """
    if not query:
        return ""
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(f"{name}={value}" for name, value in sorted((name, value) for name, _, value in pairs))


def canonical_request(
    method: str, path: str, query: str, headers: Iterable[tuple[str, str]], payload_hash: str
) -> str:
    """Returns the request in the one spelling that is signed.

    headers: the signed ones, with lower-case names and trimmed values, in the order of their names.
    """
    pairs = list(headers)
    lines = "".join([f"{name}:{value}\n" for name, value in pairs])
    names = ";".join([name for name, _ in pairs])
    return f"{method.upper()}\n{path}\n{query}\n{lines}\n{names}\n{payload_hash}"


def trimmed(value: str) -> str:
    """Returns a header's value without white space around it, and with single spaces inside."""
    return " ".join(value.split())


def credential_scope(day: str, region: str, service: str) -> str:
    """Returns the scope of a signature. day: ``20261130``."""
    return f"{day}/{region}/{service}/aws4_request"


def string_to_sign(date: str, scope: str, request: str | bytes) -> str:
    """Returns the text to sign. date: as ``amz_date`` formats it. request: the canonical request."""
    hashed = hashlib.sha256(request.encode() if isinstance(request, str) else request).hexdigest()
    return f"{ALGORITHM}\n{date}\n{scope}\n{hashed}"


@lru_cache(maxsize=4096)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """Derives the key of a secret for one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()
