"""Brings requests of S3 clients, which name bucket and headers in three places, into one form.

    Host: bucket.localhost    /key             ──►  /bucket/key
    a presigned URL           ?x-amz-acl=...   ──►  the header x-amz-acl
    everything else           /bucket/key           as it is

The signature covers the request as it was sent, so it is verified before.
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

# The host names that may follow a bucket's name: localhost, and AWS's names of S3, which reach this server
# when a client's name resolution or proxy sends them here.
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
    """Returns the request in path style, with the headers of a presigned URL among its headers."""
    request = by_path(request)
    return with_carried_headers(request) if signature.presigned else request


def by_path(request: HttpRequest) -> HttpRequest:
    """Moves the bucket from the host name to the path."""
    found = _VIRTUAL_HOST.fullmatch(request.headers.get("host", ""))
    if found is None or found["bucket"].lower() == "s3":
        return request
    return dataclasses.replace(request, path=f"/{quote(found['bucket'].lower())}{request.path}")


def with_carried_headers(request: HttpRequest) -> HttpRequest:
    """Adds the headers in a presigned URL. A header that was sent takes precedence: it is signed too."""
    carried = {
        name: value.encode().decode("latin-1")
        for name, value in carried_headers(request).items()
        if name not in _OF_THE_SIGNATURE
    }
    if not carried:
        return request
    return dataclasses.replace(request, headers={**carried, **request.headers})


def bucket_of(request: HttpRequest) -> str:
    """Returns the bucket that a request names; empty for none."""
    return unquote(by_path(request).path.lstrip("/").partition("/")[0])


def is_form(request: HttpRequest) -> bool:
    """Whether it is an upload by a browser's form, whose signature is one of the fields."""
    return (
        request.method == "POST"
        and request.headers.get("content-type", "").lower().startswith("multipart/form-data")
        and "authorization" not in request.headers
        and by_path(request).path.strip("/") == quote(bucket_of(request))
    )
