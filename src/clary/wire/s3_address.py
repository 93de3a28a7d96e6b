"""The three places where clients of S3 put what they ask for, brought into one form.

    Host: bucket.localhost    /key             ──►  /bucket/key
    a presigned address       ?x-amz-acl=...   ──►  the header x-amz-acl
    everything else           /bucket/key           as it is

A signature covers the request as it was sent: it is verified before, and what is read afterwards is this.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from .signature import carried_headers

if TYPE_CHECKING:
    from .http import HttpRequest
    from .signature import Signature

# What a bucket's name may stand in front of: this machine's own name, and those that AWS gives to S3, which
# reach this server when a client's name resolution or proxy sends them here.
_VIRTUAL_HOST = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]*?)\."
    r"(?:(?:s3\.)?localhost|s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?)"
    r"\.?(?::\d+)?",
    re.IGNORECASE,
)
_OF_THE_SIGNATURE = frozenset({
    "x-amz-algorithm", "x-amz-content-sha256", "x-amz-credential", "x-amz-date", "x-amz-expires",
    "x-amz-security-token", "x-amz-signature", "x-amz-signedheaders",
})  # fmt: skip


def in_plain_form(request: HttpRequest, signature: Signature) -> HttpRequest:
    """Path-style, with every header that a presigned address carries where headers belong."""
    request = by_path(request)
    return with_carried_headers(request) if signature.presigned else request


def by_path(request: HttpRequest) -> HttpRequest:
    """The bucket of the host in front of the path."""
    found = _VIRTUAL_HOST.fullmatch(request.headers.get("host", ""))
    if found is None or found["bucket"].lower() == "s3":
        return request
    return dataclasses.replace(request, path=f"/{quote(found['bucket'].lower())}{request.path}")


def with_carried_headers(request: HttpRequest) -> HttpRequest:
    """A header that was sent wins: the signature covers it as well, or the request was refused."""
    carried = {
        name: value.encode().decode("latin-1")
        for name, value in carried_headers(request).items()
        if name not in _OF_THE_SIGNATURE
    }
    if not carried:
        return request
    return dataclasses.replace(request, headers={**carried, **request.headers})


def bucket_of(request: HttpRequest) -> str:
    """The bucket that a request names; empty for none."""
    return unquote(by_path(request).path.lstrip("/").partition("/")[0])


def is_form(request: HttpRequest) -> bool:
    """Is it an upload that a browser makes from a form, whose signature is one of the fields?"""
    return (
        request.method == "POST"
        and request.headers.get("content-type", "").lower().startswith("multipart/form-data")
        and "authorization" not in request.headers
        and by_path(request).path.strip("/") == quote(bucket_of(request))
    )
