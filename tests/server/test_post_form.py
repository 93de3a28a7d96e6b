"""Uploads from forms that ``generate_presigned_post`` makes, sent as a browser sends them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from .conftest import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3.client import S3Client

BOUNDARY = "----form"
Field = tuple[str, str]


@pytest.fixture
def s3(served: Served) -> Iterator[S3Client]:
    client = _client(served, "s3v4")
    client.create_bucket(Bucket="bucket")
    with contextlib.closing(client):
        yield client


def _client(served: Served, version: str) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=f"http://{served.host}:{served.port}",
        region_name=served.platform.settings.region,
        aws_access_key_id=served.keys.access_key,
        aws_secret_access_key=served.keys.secret_key,
        config=Config(signature_version=version, retries={"max_attempts": 0}),
    )


def made(
    s3: S3Client, key: str = "k", fields: dict[str, str] | None = None, conditions: list[Any] | None = None
) -> list[Field]:
    """A signed form, whose policy allows ``fields``."""
    own = fields or {}
    allowed = [*(conditions or []), *({name: value} for name, value in own.items())]
    form = s3.generate_presigned_post("bucket", key, Fields=dict(own), Conditions=allowed)
    return list(form["fields"].items())


def send(
    served: Served,
    fields: list[Field],
    content: bytes | None = b"content",
    *,
    path: str = "/bucket",
    file_name: str = "mine.txt",
    cut: int | None = None,
) -> tuple[int, dict[str, str], str]:
    """(status, headers, body) of the answer."""
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    )
    if content is not None:
        head = f'Content-Disposition: form-data; name="file"; filename="{file_name}"\r\nContent-Type: a/b'
        body += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    body = (body + f"--{BOUNDARY}--\r\n".encode())[:cut]
    with contextlib.closing(served.connect()) as connection:
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read().decode()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_signed_form_puts_its_file(served: Served, s3: S3Client, version: str) -> None:
    content = b"\r\n--almost a boundary\r\n" * 20_000
    own = {"Content-Type": "text/plain", "x-amz-meta-colour": "blau"}
    fields = made(_client(served, version), "up/${filename}", own)

    status, headers, body = send(served, fields, content, file_name="C:\\\\mine.txt")

    assert (status, body) == (204, "")
    found = s3.get_object(Bucket="bucket", Key="up/mine.txt")
    assert found["Body"].read() == content
    assert (found["ContentType"], found["Metadata"]) == ("text/plain", {"colour": "blau"})
    assert headers["etag"] == found["ETag"]


def test_tags_of_a_form_are_kept(served: Served, s3: S3Client) -> None:
    tagging = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1+2</Value></Tag></TagSet></Tagging>"

    assert send(served, made(s3, fields={"tagging": tagging}))[0] == 204

    assert s3.get_object_tagging(Bucket="bucket", Key="k")["TagSet"] == [{"Key": "a b", "Value": "1+2"}]


def test_a_form_says_what_its_browser_is_to_see(served: Served, s3: S3Client) -> None:
    document = send(served, made(s3, fields={"success_action_status": "201"}))
    page = send(served, made(s3, fields={"success_action_redirect": "http://example.com/done?x=1"}))
    nowhere = send(served, made(s3, fields={"success_action_redirect": "javascript:alert(1)"}))

    assert document[0] == 201
    assert "<Bucket>bucket</Bucket><Key>k</Key>" in document[2]
    assert page[0] == 303
    assert page[1]["location"].startswith("http://example.com/done?x=1&bucket=bucket&key=k&etag=%22")
    assert nowhere[0] == 204


@pytest.mark.parametrize(("size", "code"), [(4, "EntityTooSmall"), (5, ""), (10, ""), (11, "EntityTooLarge")])
def test_a_file_has_the_size_that_the_policy_allows(
    served: Served, s3: S3Client, size: int, code: str
) -> None:
    fields = made(s3, conditions=[["content-length-range", 5, 10]])

    status, _, body = send(served, fields, b"x" * size)

    assert (status == 204) == (not code)
    assert code in body
    assert _keys(s3) == ([] if code else ["k"])


def _keys(s3: S3Client) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket="bucket").get("Contents", [])]


def test_nobody_fills_in_what_the_policy_does_not_allow(served: Served, s3: S3Client) -> None:
    fields = made(s3)
    other_key = [(name, "other" if name == "key" else value) for name, value in fields]
    other_policy = [(name, value[:-8] + "AAAAAAAA" if name == "policy" else value) for name, value in fields]
    bare = [("key", "k")]

    for form, code in (
        (other_key, "AccessDenied"),
        ([*fields, ("x-amz-meta-a", "b")], "AccessDenied"),
        (other_policy, "SignatureDoesNotMatch"),
        (bare, "AccessDenied"),
    ):
        status, _, body = send(served, form)
        assert (status, code in body) == (403, True), body
    status, _, body = send(served, fields, path="/other")
    assert (status, "AccessDenied" in body) == (403, True)
    assert _keys(s3) == []


def test_what_is_no_form_is_refused(served: Served, s3: S3Client) -> None:
    fields = made(s3)

    for answer, code in (
        (send(served, fields, None), "InvalidArgument"),
        (send(served, fields[1:] if fields[0][0] == "key" else fields[:0]), "InvalidArgument"),
        (send(served, fields, b"x" * 100_000, cut=-5_000), "MalformedPOSTRequest"),
        (send(served, [pair for pair in fields if "signature" not in pair[0]]), "InvalidArgument"),
        (send(served, [("a", "x" * 30_000), *fields]), "MaxPostPreDataLengthExceeded"),
        (send(served, [(f"n{number}", "x") for number in range(5_000)]), "MaxPostPreDataLengthExceeded"),
        (send(served, [("a\r\nb", "x"), *fields]), "MalformedPOSTRequest"),
    ):
        assert (answer[0], code in answer[2]) == (400, True), answer
    assert _keys(s3) == []
    assert served.is_well()


def test_the_signers_rights_decide(served: Served, s3: S3Client) -> None:
    assert served.form("iam", b"Action=CreateUser&Version=2010-05-08&UserName=nobody")[0] == 200
    _, key = served.form("iam", b"Action=CreateAccessKey&Version=2010-05-08&UserName=nobody")
    named = [key.partition(f"<{name}>")[2].partition("<")[0] for name in ("AccessKeyId", "SecretAccessKey")]
    nobody = boto3.client(
        "s3",
        endpoint_url=f"http://{served.host}:{served.port}",
        region_name="us-east-1",
        aws_access_key_id=named[0],
        aws_secret_access_key=named[1],
    )

    status, _, body = send(served, made(nobody))

    assert (status, "s3:PutObject" in body) == (403, True)
    assert _keys(s3) == []
