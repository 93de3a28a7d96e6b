"""Presigned S3 URLs with AWS Signature Version 2.

boto3 and the aws command still make these by default in the older regions, us-east-1 among them:

    /bucket/key?AWSAccessKeyId=AKIA...&Signature=...&Expires=<epoch seconds>[&x-amz-security-token=...]

The signature covers the method, the path, three headers and every ``x-amz-*`` header, but no region. A signed
header may be sent as a header or, as botocore does, as a parameter.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clary.domain.errors import Unauthenticated
from clary.domain.signing import UNSIGNED_PAYLOAD

from .s3_address import by_path
from .signature import Signature, carried_headers, decoded_query, malformed

if TYPE_CHECKING:
    from .http import HttpRequest

# Parameters that select the operation or change the response. They are signed with the path.
_SUBRESOURCES = frozenset((
    "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle",
    "location", "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication",
    "requestPayment", "response-cache-control", "response-content-disposition",
    "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
    "restore", "select", "select-type", "storageClass", "tagging", "torrent", "uploadId", "uploads",
    "versionId", "versioning", "versions", "website",
))  # fmt: skip


def is_presigned(request: HttpRequest) -> bool:
    return "AWSAccessKeyId=" in request.query and "authorization" not in request.headers


def read_signature(request: HttpRequest) -> Signature:
    """Raises Unauthenticated for a URL whose signature can't be read."""
    query = decoded_query(request)
    for name in ("AWSAccessKeyId", "Signature", "Expires"):
        if not query.get(name):
            raise malformed(f"a presigned address needs the parameter {name}", presigned=True)
    expires = query["Expires"]
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
        raise malformed("Expires has to be a number of seconds since 1970", presigned=True)
    return Signature(
        access_key_id=query["AWSAccessKeyId"],
        session_token=query.get("x-amz-security-token", ""),
        date=expires,
        signed_at=0.0,
        day="",
        region="",
        service="s3",
        signed_headers=(),
        signature=query["Signature"],
        presigned=True,
        expires_s=int(expires),
        payload_hash=UNSIGNED_PAYLOAD,
        version=2,
    )


def verify(signature: Signature, request: HttpRequest, secret: str, *, now: float) -> None:
    """Raises Unauthenticated unless ``secret`` signed this URL and it has not expired."""
    if now > signature.expires_s:
        raise Unauthenticated("Request has expired", code="RequestExpired", http_status=403)
    if not any(_signed(signature, request, path, secret) for path in _signed_paths(request)):
        raise Unauthenticated(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
            code="SignatureDoesNotMatch",
            http_status=403,
        )


def _signed_paths(request: HttpRequest) -> tuple[str, ...]:
    """Yields the paths that a client may have signed for this one.

    boto3 signs a bucket without a key as ``/bucket/``, which is its path with the bucket in the host, and
    sends ``/bucket``. Other clients sign what they send. Both name the same bucket.
    """
    path = by_path(request).path
    return (path, f"{path}/") if path.count("/") == 1 and len(path) > 1 else (path,)


def _signed(signature: Signature, request: HttpRequest, path: str, secret: str) -> bool:
    mac = hmac.digest(secret.encode(), _string_to_sign(signature, request, path).encode(), hashlib.sha1)
    return hmac.compare_digest(base64.b64encode(mac), signature.signature.encode())


def _string_to_sign(signature: Signature, request: HttpRequest, path: str) -> str:
    pairs = [pair.partition("=") for pair in request.query.split("&") if pair]
    # A header that the client has to send, such as a signed content type, counts only if it was sent.
    headers = carried_headers(request)
    headers.update({name.lower(): value.strip() for name, value in request.headers.items()})
    custom = [f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-amz-")]
    named = sorted(
        f"{name}={unquote(value)}" if separator else name
        for name, separator, value in pairs
        if name in _SUBRESOURCES
    )
    return (
        f"{request.method}\n{headers.get('content-md5', '')}\n{headers.get('content-type', '')}\n"
        f"{signature.date}\n{''.join(custom)}{path}{'?' if named else ''}{'&'.join(named)}"
    )
