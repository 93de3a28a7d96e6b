"""Verifies that a request is the one that was signed with a secret.

Nothing that the signature does not cover is trusted: ``host`` has to be signed, and a session token, and
every other ``x-amz-*`` header (one of them names the operation).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from clary.domain.errors import Unauthenticated
from clary.domain.signing import (
    canonical_path,
    canonical_query,
    canonical_request,
    signature,
    signing_key,
    string_to_sign,
    trimmed,
)

from . import sigv2
from .signature import Signature, is_sha256
from .signature import read_signature as read_version_4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .http import HttpRequest

__all__ = ["MAX_SKEW_S", "Signature", "read_signature", "verify", "verify_body", "verify_head"]

MAX_SKEW_S = 15 * 60

_PLAIN = re.compile(r"[A-Za-z0-9/_.~-]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9_.~=&-]*")
# Every signature covers these two, even if the client does not list them.
_COVERED = frozenset({"x-amz-date", "x-amz-content-sha256"})


def read_signature(request: HttpRequest) -> Signature:
    """Raises Unauthenticated for a request that has no signature, or one that can't be read."""
    return sigv2.read_signature(request) if sigv2.is_presigned(request) else read_version_4(request)


def verify(
    signature: Signature, request: HttpRequest, secret: str, *, now: float, body_sha256: str | None
) -> None:
    """Raises Unauthenticated unless ``secret`` signed this request, and recently enough.

    body_sha256: of the received bytes, in hex; None: computed from ``request.body``. For S3 it is
    ``signature.payload_hash``, which the code that reads the body has to compare.
    now: epoch seconds.
    """
    _verify_context(signature, request, secret, now)
    verify_body(signature, request, secret, body_sha256=body_sha256)


def verify_head(signature: Signature, request: HttpRequest, secret: str, *, now: float) -> None:
    """Raises Unauthenticated for what the head alone shows. ``verify_body`` has to follow.

    That is the date and the list of signed headers, and everything when the client sends the body's hash.
    """
    _verify_context(signature, request, secret, now)
    payload_hash = request.headers.get("x-amz-content-sha256", "")
    if is_sha256(payload_hash):
        verify_body(signature, request, secret, body_sha256=payload_hash)


def verify_body(
    signature: Signature, request: HttpRequest, secret: str, *, body_sha256: str | None = None
) -> None:
    """Verifies what ``verify_head`` can't: raises Unauthenticated unless ``secret`` signed this body."""
    if signature.version == 2:
        return
    if signature.service == "s3":
        payload_hash = signature.payload_hash
    else:
        payload_hash = body_sha256 if body_sha256 is not None else hashlib.sha256(request.body).hexdigest()
    key = signing_key(secret, signature.day, signature.region, signature.service)
    given = signature.signature.encode()
    for canonical in _canonical_forms(signature, request, payload_hash):
        if hmac.compare_digest(_mac(signature, key, canonical).encode(), given):
            return
    raise Unauthenticated(
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method.",
        code="SignatureDoesNotMatch",
        http_status=403,
    )


def _verify_context(signature: Signature, request: HttpRequest, secret: str, now: float) -> None:
    if signature.version == 2:
        # Version 2 covers no body and has no list of headers.
        sigv2.verify(signature, request, secret, now=now)
        return
    _check_time(signature, now)
    _check_coverage(signature, request)


def _check_time(signature: Signature, now: float) -> None:
    if signature.day != signature.date[:8]:
        raise Unauthenticated(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signature.day}' != '{signature.date[:8]}'",
            code="SignatureDoesNotMatch",
            http_status=403,
        )
    early = signature.signed_at > now + MAX_SKEW_S
    late = signature.signed_at < now - MAX_SKEW_S
    if signature.presigned and not early:
        if now > signature.signed_at + signature.expires_s:
            raise Unauthenticated("Request has expired", code="RequestExpired", http_status=403)
        return
    if early or late:
        raise Unauthenticated(
            "The difference between the request time and the current time is too large: signed at "
            f"{signature.date}, and the server's clock is more than {MAX_SKEW_S // 60} minutes away",
            code="RequestTimeTooSkewed",
            http_status=403,
        )


def _check_coverage(signature: Signature, request: HttpRequest) -> None:
    """Raises Unauthenticated for a request with a header that should be signed and is not."""
    signed = signature.signed_headers
    if "host" not in signed:
        raise _uncovered("host")
    missing = [name for name in signed if name not in request.headers]
    if missing:
        raise _uncovered(missing[0], sent=False)
    for name in request.headers:
        if name.startswith("x-amz-") and name not in signed and (signature.presigned or name not in _COVERED):
            raise _uncovered(name)


def _canonical_forms(signature: Signature, request: HttpRequest, payload_hash: str) -> Iterator[bytes]:
    """Yields the canonical forms of one request that clients sign, the usual one first.

    Clients differ in whether they sign an unusual character as sent or as it should be encoded, and in how
    they encode a header that is not ASCII. Every form is of the same request.
    """
    headers = [(name, request.headers[name]) for name in signature.signed_headers]
    usual = [(name, trimmed(value)) for name, value in headers]
    for path, query in _addresses(signature, request):
        form = canonical_request(request.method, path, query, usual, payload_hash)
        yield form.encode()
        if not form.isascii():
            # The header's bytes were UTF-8 and were signed unchanged.
            raw = [(name, re.sub(" +", " ", value.strip(" \t"))) for name, value in headers]
            form = canonical_request(request.method, path, query, raw, payload_hash)
            yield form.encode("latin-1", errors="replace")


def _addresses(signature: Signature, request: HttpRequest) -> Iterator[tuple[str, str]]:
    path, query = request.path, request.query
    if signature.presigned:
        query = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
    yield canonical_path(path, signature.service), canonical_query(query)
    # An encoded slash has no second spelling: decoded, it would be a different path.
    if not (_PLAIN.fullmatch(path) and _PLAIN_QUERY.fullmatch(query)) and "%2f" not in path.lower():
        yield canonical_path(_respelled(path, safe="/~"), signature.service), _respelled_query(query)


def _respelled_query(query: str) -> str:
    # A plus is a space, as for the code that reads the parameters.
    pairs = [pair.partition("=") for pair in query.replace("+", " ").split("&") if pair]
    return "&".join(
        f"{name}={value}"
        for name, value in sorted(
            (_respelled(name, safe="~"), _respelled(value, safe="~")) for name, _, value in pairs
        )
    )


def _respelled(text: str, *, safe: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1", errors="replace")), safe=safe)


def _mac(signed: Signature, key: bytes, canonical: bytes) -> str:
    return signature(key, string_to_sign(signed.date, signed.scope, canonical))


def _uncovered(header: str, *, sent: bool = True) -> Unauthenticated:
    if not sent:
        message = f"the header {header} is signed, and the request does not have it"
        return Unauthenticated(message, code="SignatureDoesNotMatch", http_status=403)
    return Unauthenticated(
        f"There were headers present in the request which were not signed: {header}",
        code="HeadersNotSigned",
        http_status=403,
        members={"HeadersNotSigned": header},
    )
