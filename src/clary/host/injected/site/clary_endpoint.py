"""A botocore plugin that sends requests for ``*.amazonaws.com`` to AWS_ENDPOINT_URL, before they are signed.

botocore sends all requests there except those whose address a program gives itself, as the sagemaker SDK does
for STS. ``BOTOCORE_EXPERIMENTAL__PLUGINS=clary_endpoint=clary_endpoint`` turns this on.
Python 3.8 syntax, standard library only.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

TYPE_CHECKING = False  # typing itself is not needed at run time
if TYPE_CHECKING:
    from typing import Any

_AWS = (".amazonaws.com", ".amazonaws.com.cn")


def initialize_client_plugin(client: Any) -> None:
    """Called by botocore with each new client; calling it twice changes nothing."""
    client.meta.events.register_first("before-sign", send_to_endpoint, unique_id="clary-endpoint")


def send_to_endpoint(request: Any, **_: Any) -> None:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    ignored = os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
    if endpoint and not ignored:
        request.url = moved(request.url, endpoint)


def moved(url: str, endpoint: str) -> str:
    """Returns ``url`` with the host of ``endpoint`` when it is an address of AWS, otherwise unchanged."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host.endswith(_AWS):
        return url
    there = urlsplit(endpoint)
    path = there.path.rstrip("/") + _bucket_path(host) + parts.path
    return urlunsplit((there.scheme, there.netloc, path, parts.query, parts.fragment))


def _bucket_path(host: str) -> str:
    """Returns the path of the bucket when S3 has the bucket in the host name."""
    for marker in (".s3.", ".s3-"):
        bucket, found, _ = host.partition(marker)
        if found:
            return "/" + bucket
    return ""
