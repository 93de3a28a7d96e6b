"""Requests signed by botocore at a fixed time."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from clary.wire.http import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
NOW_S = NOW.timestamp()
KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session//token+=="


@contextmanager
def clock_at(now: datetime) -> Iterator[None]:
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=now):
        yield


def signed(
    method: str = "POST",
    url: str = "http://localhost:9000/",
    headers: dict[str, str] | None = None,
    body: bytes = b"{}",
    *,
    service: str = "sagemaker",
    region: str = "us-east-1",
    token: str | None = None,
    signer: type[botocore.auth.SigV4Auth] | None = None,
    at: datetime = NOW,
    context: dict[str, object] | None = None,
) -> HttpRequest:
    """The request as the server gets it, signed with SigV4Auth, or S3SigV4Auth for S3."""
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    request.context.update(context or {})
    kind = signer or (botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth)
    with clock_at(at):
        kind(Credentials(KEY_ID, SECRET, token), service, region).add_auth(request)
    return as_received(request)


def as_received(request: AWSRequest) -> HttpRequest:
    address = urlsplit(request.url)
    headers = {"host": address.netloc}
    headers.update((name.lower(), value) for name, value in request.headers.items())
    body = request.data if isinstance(request.data, bytes) else b""
    return HttpRequest(request.method, address.path or "/", address.query, headers, body)
