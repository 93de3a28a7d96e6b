"""Bytes that are not UTF-8 in addresses and headers of S3: errors of the client, not of the server."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import time

import pytest

from clary.domain.identity import Credentials
from clary.domain.signing import sign_request

from .conftest import ANSWER_S, Served


def raw(served: Served, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Sends text as Latin-1, byte by byte; botocore would encode it."""
    keys = Credentials(served.keys.access_key, served.keys.secret_key)
    url = f"http://{served.host}:{served.port}{path}"
    empty = hashlib.sha256(b"").hexdigest()
    signed = sign_request(method, url, headers, empty, keys, "us-east-1", "s3", time.time())
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in {**headers, **signed}.items()),
    ]
    with contextlib.closing(socket.create_connection((served.host, served.port), ANSWER_S)) as link:
        link.sendall(
            "\r\n".join([*lines, "Content-Length: 0", "Connection: close", "", ""]).encode("latin-1")
        )
        answer = b"".join(iter(lambda: link.recv(65_536), b""))
    return int(answer[9:12]), answer.partition(b"\r\n\r\n")[2].decode()


ADDRESSES = (
    ("PUT", "/odd/%ff"), ("GET", "/odd/%ed%a0%80"), ("DELETE", "/odd/a%c3"), ("POST", "/odd/%ff?uploads"),
    ("GET", "/odd?prefix=%ff"), ("GET", "/odd?list-type=2&delimiter=%c3"), ("GET", "/%ff"),
    ("PUT", "/odd/\xff"), ("GET", "/odd?x=\xff"),
    ("GET", "/odd/k?versionId=%ff"), ("GET", "/odd/k?response-content-type=%ff"),
)  # fmt: skip


def test_an_address_that_is_no_text_is_refused(served: Served) -> None:
    assert raw(served, "PUT", "/odd", {})[0] == 200

    for method, path in ADDRESSES:
        status, body = raw(served, method, path, {})
        assert (status, "<Code>InvalidURI</Code>" in body) == (400, True), (method, path, body)


@pytest.mark.parametrize(
    "name",
    ["x-amz-copy-source", "x-amz-tagging", "content-md5", "x-amz-checksum-crc32", "x-amz-storage-class",
     "x-amz-meta-a", "content-type", "expires", "cache-control", "if-match", "range", "x-amz-security-token",
     "x-amz-website-redirect-location", "x-amz-server-side-encryption", "x-amz-acl", "content-encoding"],
)  # fmt: skip
def test_a_header_that_is_no_text_is_no_fault_of_ours(served: Served, name: str) -> None:
    raw(served, "PUT", "/odd", {})
    for value in ("\xff", "a=%ff", "/odd/%ff", "/odd/\xc3", "\xff\xfe,\xff"):
        for method in ("PUT", "GET"):
            status, body = raw(served, method, "/odd/k", {name: value})
            assert status < 500 or "NotImplemented" in body, (method, value, body)
