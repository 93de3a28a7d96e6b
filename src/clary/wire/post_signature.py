"""The signature of a browser's form upload. It covers the policy only, in one of two versions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, Denied, Unauthenticated
from clary.domain.signing import ALGORITHM, UNSIGNED_PAYLOAD, signing_key
from clary.domain.signing import signature as signature_of

from .signature import Signature, malformed, read_scope

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_form_signature(fields: Mapping[str, str]) -> Signature:
    """Reads the signature. fields: by names in lower case. Raises PlatformError for an unsigned form."""
    if "policy" not in fields:
        raise Denied("Access Denied: the form has no policy", code="AccessDenied", http_status=403)
    if "x-amz-signature" in fields:
        return _version_4(fields)
    if "signature" in fields and "awsaccesskeyid" in fields:
        return Signature(
            access_key_id=fields["awsaccesskeyid"],
            session_token=fields.get("x-amz-security-token", ""),
            date="",
            signed_at=0.0,
            day="",
            region="",
            service="s3",
            signed_headers=(),
            signature=fields["signature"],
            payload_hash=UNSIGNED_PAYLOAD,
            version=2,
        )
    lacking = "AWSAccessKeyId" if "signature" in fields else "signature"
    raise BadRequest(
        f"Bucket POST must contain a field named '{lacking}'. If it is specified, please check the order of "
        "the fields.",
        code="InvalidArgument",
        members={"ArgumentName": lacking},
    )


def verify_form(signature: Signature, policy: str, secret: str) -> None:
    """Raises Unauthenticated unless ``secret`` signed this policy."""
    if signature.version == 2:
        expected = base64.b64encode(hmac.digest(secret.encode(), policy.encode(), hashlib.sha1)).decode()
    else:
        key = signing_key(secret, signature.day, signature.region, "s3")
        expected = signature_of(key, policy)
    if not hmac.compare_digest(expected.encode(), signature.signature.encode()):
        raise Unauthenticated(
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            code="SignatureDoesNotMatch",
            http_status=403,
        )


def _version_4(fields: Mapping[str, str]) -> Signature:
    for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-date"):
        if name not in fields:
            raise malformed(f"a signed form needs the field {name}", presigned=True)
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise malformed(f"x-amz-algorithm has to be {ALGORITHM}", presigned=True)
    key_id, day, region, service = read_scope(fields["x-amz-credential"], presigned=True)
    if service != "s3" or not fields["x-amz-date"].startswith(day):
        raise malformed("the credential's scope has to be s3's, of the day of x-amz-date", presigned=True)
    return Signature(
        access_key_id=key_id,
        session_token=fields.get("x-amz-security-token", ""),
        date=fields["x-amz-date"],
        signed_at=0.0,
        day=day,
        region=region,
        service="s3",
        signed_headers=(),
        signature=fields["x-amz-signature"],
        payload_hash=UNSIGNED_PAYLOAD,
    )
