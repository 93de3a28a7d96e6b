"""Reads the signature of a request: from its Authorization header, or from a presigned URL.

The codes of the errors, here and in ``sigv4``, are those of the query protocol;
``codec.respond_error`` translates them for JSON services and S3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clary.domain.errors import Unauthenticated
from clary.domain.signing import ALGORITHM, UNSIGNED_PAYLOAD, credential_scope

from .instants import epoch_seconds

if TYPE_CHECKING:
    from .http import HttpRequest

MAX_EXPIRES_S = 7 * 24 * 3600
LONGEST_KEPT = 512
"""Longer headers are not cached: a caller without keys could fill the memory with them."""

_DATE = re.compile(r"\d{8}T\d{6}Z")
_CREDENTIAL = re.compile(r"([^/,\s]+)/(\d{8})/([A-Za-z0-9-]+)/([A-Za-z0-9-]+)/aws4_request")
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Signature:
    """What a request states about its signature. Nothing of it is verified before ``verify``.

    Do not change it; it is not frozen, as that takes twice the time to make.

    date: as it was signed, ``20261130T120000Z``; signed_at: the same in epoch seconds.
    day: of the credential's scope, ``20261130``.
    payload_hash: for S3, what the signature covers in place of the body: the SHA-256 in hex that the received
        bytes have to have, ``UNSIGNED-PAYLOAD``, or one of ``STREAMING-...``. Empty elsewhere.
    expires_s: of a presigned URL; 0 otherwise.
    version: 4, or 2 for an older presigned S3 URL, which has no date, region or list of headers, and whose
        ``expires_s`` is a time in epoch seconds.
    """

    access_key_id: str
    session_token: str
    date: str
    signed_at: float
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    presigned: bool = False
    expires_s: int = 0
    payload_hash: str = ""
    version: int = 4

    @property
    def scope(self) -> str:
        return credential_scope(self.day, self.region, self.service)


def read_signature(request: HttpRequest) -> Signature:
    """Raises Unauthenticated for a request that has no signature, or one that can't be read."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return _from_header(request, authorization)
    if "Signature=" in request.query:
        return _from_query(request)
    raise Unauthenticated(
        "Request is missing Authentication Token: it has to be signed (AWS Signature Version 4)",
        code="MissingAuthenticationToken",
        http_status=403,
    )


def _from_header(request: HttpRequest, authorization: str) -> Signature:
    # From one request to the next only the signature changes: the rest is parsed once.
    before, _, rest = authorization.rpartition("Signature=")
    mac, _, after = rest.partition(",")
    stated = before + after
    said = _read_stated(stated) if len(stated) <= LONGEST_KEPT else _read_stated.__wrapped__(stated)
    mac = mac.strip()
    if not mac:
        raise malformed("Authorization header requires 'Signature' parameter")
    date, signed_at = _header_date(request)
    headers = request.headers
    return Signature(
        access_key_id=said.key_id,
        session_token=headers.get("x-amz-security-token", ""),
        date=date,
        signed_at=signed_at,
        day=said.day,
        region=said.region,
        service=said.service,
        signed_headers=said.signed_headers,
        signature=mac,
        payload_hash=_s3_payload_hash(headers.get("x-amz-content-sha256")) if said.service == "s3" else "",
    )


@dataclass(frozen=True, slots=True)
class _Stated:
    """The parts of an Authorization header other than the signature."""

    key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]


@lru_cache(maxsize=1024)
def _read_stated(text: str) -> _Stated:
    """Parses an Authorization header without its Signature. Raises Unauthenticated."""
    scheme, _, rest = text.partition(" ")
    _check_algorithm(scheme)
    parts = dict(_part(part) for part in rest.split(",") if part.strip())
    missing = [name for name in ("Credential", "SignedHeaders") if not parts.get(name)]
    if missing:
        raise malformed(f"Authorization header requires '{missing[0]}' parameter")
    return _Stated(*read_scope(parts["Credential"]), _header_names(parts["SignedHeaders"]))


def _from_query(request: HttpRequest) -> Signature:
    query = decoded_query(request)
    _check_algorithm(query.get("X-Amz-Algorithm", ""))
    for name in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"):
        if not query.get(name):
            raise malformed(f"a presigned address needs the parameter {name}", presigned=True)
    key_id, day, region, service = read_scope(query["X-Amz-Credential"], presigned=True)
    expires = query["X-Amz-Expires"]
    if not (expires.isascii() and expires.isdigit() and len(expires) < 8 and int(expires) <= MAX_EXPIRES_S):
        raise malformed(f"X-Amz-Expires has to be a number from 0 to {MAX_EXPIRES_S}", presigned=True)
    if not _DATE.fullmatch(query["X-Amz-Date"]):
        raise malformed(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"", presigned=True
        )
    return Signature(
        access_key_id=key_id,
        session_token=query.get("X-Amz-Security-Token", ""),
        date=query["X-Amz-Date"],
        signed_at=_seconds(query["X-Amz-Date"]),
        day=day,
        region=region,
        service=service,
        signed_headers=_header_names(query["X-Amz-SignedHeaders"]),
        signature=query["X-Amz-Signature"],
        presigned=True,
        expires_s=int(expires),
        payload_hash=query.get("X-Amz-Content-Sha256", UNSIGNED_PAYLOAD) if service == "s3" else "",
    )


def _check_algorithm(algorithm: str) -> None:
    if algorithm != ALGORITHM:
        raise _unsupported()


def _part(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name, value.strip()


def read_scope(credential: str, *, presigned: bool = False) -> tuple[str, str, str, str]:
    found = _CREDENTIAL.fullmatch(credential)
    if found is None:
        raise malformed(
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"',
            presigned=presigned,
        )
    key_id, day, region, service = found.groups()
    return key_id, day, region, service


def _header_names(text: str) -> tuple[str, ...]:
    names = tuple(text.lower().split(";"))
    if list(names) != sorted(set(names)) or "" in names:
        raise malformed("SignedHeaders has to list lower-case names in order, each once, separated by ';'")
    return names


def _header_date(request: HttpRequest) -> tuple[str, float]:
    """Returns the date as it was signed, and in epoch seconds. X-Amz-Date takes precedence over Date."""
    text = request.headers.get("x-amz-date")
    if text is not None and _DATE.fullmatch(text):
        return text, _seconds(text)
    if text is None and "date" in request.headers:
        try:
            at = datetime.fromtimestamp(epoch_seconds(parsedate_to_datetime(request.headers["date"])), UTC)
            return f"{at:%Y%m%dT%H%M%SZ}", at.timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
    raise malformed("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header")


@lru_cache(maxsize=64)
def _seconds(date: str) -> float:
    try:
        year, month, day = int(date[:4]), int(date[4:6]), int(date[6:8])
        return datetime(
            year, month, day, int(date[9:11]), int(date[11:13]), int(date[13:15]), tzinfo=UTC
        ).timestamp()
    except ValueError:
        raise malformed(f"{date!r} is not a date") from None


def _s3_payload_hash(header: str | None) -> str:
    if header is None:
        raise Unauthenticated(
            "Missing required header for this request: x-amz-content-sha256",
            code="InvalidRequest",
            http_status=400,
        )
    if is_sha256(header) or header == UNSIGNED_PAYLOAD or header.startswith("STREAMING-"):
        return header
    raise Unauthenticated(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value.",
        code="InvalidArgument",
        http_status=400,
    )


def is_sha256(text: str) -> bool:
    return _HEX_SHA256.fullmatch(text) is not None


def decoded_query(request: HttpRequest) -> dict[str, str]:
    """Returns the parameters of the URL; of a repeated one, the first."""
    query: dict[str, str] = {}
    for pair in request.query.split("&"):
        name, _, value = pair.partition("=")
        query.setdefault(unquote(name), unquote(value))
    return query


def carried_headers(request: HttpRequest) -> dict[str, str]:
    """Returns the headers of AWS in the URL; of a repeated one, the first, in any case.

    Verification and use read them here both: otherwise one value could be signed and another be used.
    """
    headers: dict[str, str] = {}
    for pair in request.query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote(name).lower()
        if name.startswith("x-amz-"):
            headers.setdefault(name, unquote(value))
    return headers


def malformed(message: str, *, presigned: bool = False) -> Unauthenticated:
    if presigned:
        return Unauthenticated(message, code="AuthorizationQueryParametersError", http_status=400)
    return Unauthenticated(message, code="IncompleteSignature", http_status=400)


def _unsupported() -> Unauthenticated:
    return Unauthenticated(
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256 "
        '(in boto3: Config(signature_version="s3v4")).',
        code="InvalidRequest",
        http_status=400,
    )
