"""Contents of S3 objects for a page: what a session may, and what nobody else may."""

from __future__ import annotations

import contextlib
import gzip
import json
import tracemalloc
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from tests.server.conftest import Served
from tests.server.studio.browser import PASSWORD, Browser, add_user

from clary.server.studio import contents

MIB = 1 << 20


@pytest.fixture
def root(served: Served) -> Browser:
    browser = Browser(served)
    browser.sign_in()
    assert browser.post("s3/CreateBucket", {"Bucket": "data"})[0] == 200
    return browser


def user(served: Served, *statements: dict[str, object]) -> Browser:
    add_user(served, "ada", *statements)
    browser = Browser(served)
    browser.sign_in(UserName="ada", Password=PASSWORD)
    return browser


def allow(action: str, resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def link_to(browser: Browser, key: str, **more: str) -> str:
    status, answer = browser.post("download-link", {"Bucket": "data", "Key": key, **more})
    assert status == 200, answer
    return str(answer["Address"])


def test_a_page_writes_lists_and_reads(root: Browser) -> None:
    status, headers, _ = root.content("PUT", "data/a%20b/%C3%A9.txt", b"hello", Content_Type="text/plain")
    listed = root.post("s3/ListObjectsV2", {"Bucket": "data", "Delimiter": "/"})[1]
    read = root.content("GET", "data/a%20b/%C3%A9.txt")

    assert status == 200
    assert headers["etag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert listed["CommonPrefixes"] == [{"Prefix": "a b/"}]
    assert (read[0], read[1]["content-type"], read[2]) == (200, "text/plain", b"hello")
    assert read[1]["cache-control"] == "no-store"


def test_ranges_are_served(root: Browser) -> None:
    root.content("PUT", "data/k", b"0123456789")

    status, headers, body = root.content("GET", "data/k", Range="bytes=-3")

    assert (status, headers["content-range"], body) == (206, "bytes 7-9/10", b"789")
    assert root.content("GET", "data/k", Range="bytes=10-")[0] == 416


def test_packed_contents_stay_packed(root: Browser) -> None:
    """A browser would unpack what is told to be packed, and fail at a range of it."""
    packed = gzip.compress(b"text " * 100)
    root.content("PUT", "data/k", packed)
    copied = {"Bucket": "data", "Key": "k.txt", "CopySource": "data/k", "MetadataDirective": "REPLACE"}
    assert root.post("s3/CopyObject", {**copied, "ContentEncoding": "gzip"})[0] == 200

    status, headers, body = root.content("GET", "data/k.txt", Range="bytes=0-9")

    assert root.post("s3/HeadObject", {"Bucket": "data", "Key": "k.txt"})[1]["ContentEncoding"] == "gzip"
    assert (status, body) == (206, packed[:10])
    assert "content-encoding" not in headers


def test_what_a_browser_adds_by_itself_is_not_stored(root: Browser) -> None:
    root.content(
        "PUT", "data/k", b"", Cache_Control="no-cache", X_Amz_Meta_Who="ada", X_Amz_Acl="public-read"
    )

    head = root.post("s3/HeadObject", {"Bucket": "data", "Key": "k"})[1]

    assert "CacheControl" not in head
    assert head["Metadata"] == {"who": "ada"}


def test_an_upload_in_parts(root: Browser) -> None:
    named = {"Bucket": "data", "Key": "big"}
    upload = root.post("s3/CreateMultipartUpload", named)[1]["UploadId"]
    tags = []
    for number, part in enumerate([b"a" * 5 * MIB, b"b"], start=1):
        query = urlencode({"partNumber": number, "uploadId": upload})
        status, headers, _ = root.content("PUT", f"data/big?{query}", part)
        assert status == 200
        tags.append({"ETag": headers["etag"], "PartNumber": number})

    done = root.post(
        "s3/CompleteMultipartUpload", {**named, "UploadId": upload, "MultipartUpload": {"Parts": tags}}
    )

    assert done[0] == 200, done
    assert root.content("GET", "data/big", Range=f"bytes={5 * MIB - 1}-")[2] == b"ab"


def test_several_objects_are_deleted_at_once(root: Browser) -> None:
    for key in ("x", "y"):
        root.content("PUT", f"data/{key}", b"")

    asked = {"Bucket": "data", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y"}]}}

    assert len(root.post("s3/DeleteObjects", asked)[1]["Deleted"]) == 2
    assert root.post("s3/ListObjectsV2", {"Bucket": "data"})[1]["KeyCount"] == 0


def test_contents_stream_both_ways_in_little_memory(root: Browser) -> None:
    """Client and server share this process. The client sends and drops pieces of 1 MiB."""
    size = 96 * MIB

    def pieces() -> Iterator[bytes]:
        for _ in range(size // MIB):
            yield bytes(MIB)

    def read_all() -> int:
        came = 0
        headers = {"Cookie": root.cookie, "X-Clary-Page-Key": root.page_key}
        with contextlib.closing(root.served.connect()) as connection:
            connection.request("GET", "/studio/api/s3/data/big", headers=headers)
            answer = connection.getresponse()
            while piece := answer.read(MIB):
                came += len(piece)
        return came

    tracemalloc.start()
    try:
        assert root.content("PUT", "data/big", pieces(), Content_Length=str(size))[0] == 200
        assert read_all() == size
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 24 * MIB


def test_the_door_is_for_contents_only(root: Browser) -> None:
    others = [
        ("GET", "data"),
        ("GET", "data/"),
        ("GET", "data/k?acl"),
        ("PUT", "data/k?tagging"),
        ("PUT", "data/"),
    ]

    for method, address in others:
        status, _, body = root.content(method, address)
        assert (status, json.loads(body)["__type"]) == (400, "UnknownOperationException"), address


def test_an_error_is_json_and_says_why(root: Browser) -> None:
    status, headers, body = root.content("GET", "data/none")

    assert (status, json.loads(body)["__type"]) == (404, "NoSuchKey")
    assert "sandbox" in headers["content-security-policy"]
    assert root.content("HEAD", "data/none")[2] == b""


def test_policies_of_the_user_hold(served: Served, root: Browser) -> None:
    root.content("PUT", "data/mine/k", b"m")
    root.content("PUT", "data/other/k", b"o")
    ada = user(served, allow("s3:GetObject", "arn:aws:s3:::data/mine/*"))

    read, refused = ada.content("GET", "data/mine/k"), ada.content("GET", "data/other/k")
    written = ada.content("PUT", "data/mine/k", b"x")
    linked = ada.post("download-link", {"Bucket": "data", "Key": "other/k"})

    assert (read[0], read[2]) == (200, b"m")
    assert refused[0] == 403
    assert "s3:GetObject" in json.loads(refused[2])["message"]
    assert "data/other/k" in json.loads(refused[2])["message"]
    assert "s3:PutObject" in json.loads(written[2])["message"]
    assert "s3:GetObject" in linked[1]["message"]


def test_another_page_gets_and_writes_nothing(root: Browser) -> None:
    root.content("PUT", "data/k", b"secret")
    others: list[dict[str, str | None]] = [
        {"X_Clary_Page_Key": None},
        {"X_Clary_Page_Key": "guess"},
        {"Cookie": None},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ]

    for headers in others:
        for method, sent in (("GET", None), ("PUT", b"x")):
            status, _, body = root.content(method, "data/k", sent, **headers)
            assert (status in (401, 403), b"secret" in body) == (True, False), (method, headers)

    assert root.content("GET", "data/k")[2] == b"secret"


def test_a_write_without_an_origin_is_refused(root: Browser) -> None:
    assert root.content("PUT", "data/k", b"x", Origin=None)[0] == 403


def test_the_name_of_the_host_is_no_bucket(root: Browser) -> None:
    """``clary.localhost`` is this server's name here, and the bucket ``clary`` for a client of S3."""
    root.content("PUT", "data/k", b"v")

    assert root.content("GET", "data/k", Host=f"clary.localhost:{root.served.port}")[2] == b"v"


def test_a_link_saves_a_file(root: Browser) -> None:
    root.content("PUT", "data/a/%C3%A9%22.html", b"<script>", Content_Type="text/html")

    link = link_to(root, 'a/é".html')
    status, headers, body = root.content("GET", link, X_Clary_Page_Key=None)
    part = root.content("GET", link, X_Clary_Page_Key=None, Range="bytes=1-6")

    assert (status, body) == (200, b"<script>")
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A9%22.html"
    assert headers["x-content-type-options"] == "nosniff"
    assert (part[0], part[2]) == (206, b"script")


def test_a_link_to_a_version(root: Browser) -> None:
    enabled = {"Bucket": "data", "VersioningConfiguration": {"Status": "Enabled"}}
    assert root.post("s3/PutBucketVersioning", enabled)[0] == 200
    first = root.content("PUT", "data/k", b"1")[1]["x-amz-version-id"]
    root.content("PUT", "data/k", b"2")

    assert root.content("GET", link_to(root, "k", VersionId=first))[2] == b"1"


def test_a_link_works_in_the_browser_of_its_session_only(served: Served, root: Browser) -> None:
    root.content("PUT", "data/k", b"v")
    link = link_to(root, "k")
    other = Browser(served)
    other.sign_in()

    assert root.content("GET", link, Cookie=None)[0] == 401
    assert other.content("GET", link)[0] == 401
    assert root.content("GET", link, Sec_Fetch_Site="cross-site")[0] == 403
    assert root.content("GET", link, Sec_Fetch_Site="same-site")[0] == 403


def test_a_link_ends_with_its_session_and_its_time(root: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    root.content("PUT", "data/k", b"v")
    link, cookie = link_to(root, "k"), root.cookie
    with monkeypatch.context() as patch:
        patch.setattr(contents, "LINK_S", -1.0)
        assert root.content("GET", link_to(root, "k"))[0] == 403

    root.post("logout")

    assert root.content("GET", link, Cookie=cookie)[0] == 401
    assert contents.LINK_S <= 15 * 60


def test_a_link_is_forged_by_nobody(root: Browser) -> None:
    root.content("PUT", "data/k", b"v")
    link = link_to(root, "k")
    start = "/studio/api/download/"
    ticket = link.removeprefix(start)

    for forged in (
        f"{ticket[:60]}{'A' if ticket[60] != 'A' else 'B'}{ticket[61:]}",
        "A" * 100,
        "!",
        "%00",
        "",
    ):
        assert root.content("GET", f"{start}{forged}")[0] == 403


def test_a_link_has_the_rights_that_its_user_has_now(served: Served, root: Browser) -> None:
    root.content("PUT", "data/k", b"v")
    ada = user(served, allow("s3:GetObject", "arn:aws:s3:::data/*"))
    link = link_to(ada, "k")
    assert ada.content("GET", link)[0] == 200

    asked = {"Action": "DeleteUserPolicy", "Version": "2010-05-08", "UserName": "ada", "PolicyName": "p"}
    assert served.form("iam", urlencode(asked).encode())[0] == 200

    assert ada.content("GET", link)[0] == 403


def test_a_link_needs_names(root: Browser) -> None:
    named = {"Bucket": "data", "Key": "k"}

    for wanted in ({}, {**named, "Bucket": 1}, {**named, "VersionId": []}):
        assert root.post("download-link", wanted)[0] == 400
