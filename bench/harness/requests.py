"""Prepares requests before the measurement, then sends them one after the other over one connection.

So the client uses almost no CPU, and the measurement shows the server.
"""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from clary.domain.hosts.protocol import HEADER, version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.harness.servers import Served


@dataclass(frozen=True, slots=True)
class Prepared:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]


def signed(
    served: Served,
    path: str,
    body: Any,
    *,
    method: str = "POST",
    service: str = "sagemaker",
    target: str | None = None,
    keys: tuple[str, str, str | None] | None = None,
) -> Prepared:
    """A signed request for Clary, valid for some minutes. keys: by default the account's own."""
    assert served.connection is not None
    own = served.connection.credentials
    credentials = Credentials(*(keys or (own.access_key_id, own.secret_access_key)))
    headers = {"Content-Type": "application/x-amz-json-1.1" if target else "application/json"}
    if target:
        headers["X-Amz-Target"] = target
    if service == "clary":
        headers[HEADER] = version()
    raw = json.dumps(body).encode()
    request = AWSRequest(method, served.url + path, headers=headers, data=raw)
    SigV4Auth(credentials, service, served.connection.region).add_auth(request)
    return Prepared(method, path, raw, dict(request.headers.items()))


def plain(path: str, body: dict[str, Any]) -> Prepared:
    """An unsigned request."""
    return Prepared("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def send_all(url: str, requests: Sequence[Prepared]) -> tuple[list[float], list[bytes]]:
    """The seconds and the answer of each request. Raises RuntimeError for any status except 2xx."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=300)
    seconds, answers = [], []
    try:
        for request in requests:
            began = time.perf_counter()
            connection.request(request.method, request.path, body=request.body, headers=request.headers)
            answer = connection.getresponse()
            content = answer.read()
            seconds.append(time.perf_counter() - began)
            if not 200 <= answer.status < 300:
                raise RuntimeError(f"{request.path}: {answer.status}: {content[:500]!r}")
            answers.append(content)
    finally:
        connection.close()
    return seconds, answers


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` (0..1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
