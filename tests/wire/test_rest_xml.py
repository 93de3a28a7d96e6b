"""Details of S3."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from clary.domain.errors import SerializationError
from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.models import service_model

S3 = service_model("s3")


def parse(name: str, address: str, body: bytes = b"", **headers: str) -> dict[str, Any]:
    path, _, query = address.partition("?")
    operation = S3.operation_model(name)
    lower = {header.replace("_", "-"): value for header, value in headers.items()}
    return codec.parse(operation, HttpRequest(operation.http["method"], path, query, lower, body))


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/b/plain", "plain"),
        ("/b/a//b", "a//b"),
        ("/b//", "/"),
        ("/b/../../etc/passwd", "../../etc/passwd"),
        ("/b/folder/", "folder/"),
        ("/b/%2E%2E", ".."),
        ("/b/a+b%2Bc", "a+b+c"),
        ("/b/100%25", "100%"),
        ("/b/%C3%BC%20%F0%9F%98%80", "ü 😀"),
        ("/b/line%0D%0Abreak%00", "line\r\nbreak\x00"),
        ("/b/" + "%C3%BC" * 512, "ü" * 512),
    ],
)
def test_a_key_may_be_anything(path: str, key: str) -> None:
    assert parse("GetObject", path) == {"Bucket": "b", "Key": key}


@pytest.mark.parametrize("path", ["/b/%FF", "/b/%C3", "/b/%ED%A0%80"])
def test_a_key_that_is_not_utf8_is_refused(path: str) -> None:
    with pytest.raises(SerializationError, match="UTF-8"):
        parse("GetObject", path)


def test_user_metadata_is_told_by_its_prefix() -> None:
    found = parse("PutObject", "/b/k", x_amz_meta_colour="blue", x_amz_meta_x_y="", x_amz_acl="private")

    assert found["Metadata"] == {"colour": "blue", "x-y": ""}
    assert found["ACL"] == "private"


def test_the_streaming_body_is_left_to_the_server() -> None:
    assert "Body" not in parse("PutObject", "/b/k", b"content")


def test_dates_and_numbers_in_headers_and_queries_are_read() -> None:
    found = parse("GetObject", "/b/k?partNumber=3", if_modified_since="Tue, 14 Nov 2023 22:13:20 GMT")

    assert found["IfModifiedSince"] == 1700000000.0
    assert found["PartNumber"] == 3


def test_the_expires_header_is_kept_as_it_is() -> None:
    assert parse("PutObject", "/b/k", expires="in a while")["Expires"] == "in a while"
    response = codec.respond(S3.operation_model("HeadObject"), {"Expires": "in a while"}, "r")
    assert response.headers["expires"] == "in a while"


def test_pretty_printed_xml_without_a_namespace_is_read() -> None:
    body = b"""<?xml version="1.0"?>
    <Delete>
      <Object><Key> a </Key></Object>
      <Object><Key>b</Key><VersionId>1</VersionId></Object>
      <Quiet>true</Quiet>
      <Unknown>x</Unknown>
    </Delete>"""

    assert parse("DeleteObjects", "/b?delete", body)["Delete"] == {
        "Objects": [{"Key": " a "}, {"Key": "b", "VersionId": "1"}],
        "Quiet": True,
    }


BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<Delete><Object><Key>&b;</Key></Object></Delete>"""


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        BOMB.decode().replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"),
        b'<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete/>',
        b"<Delete>&undefined;</Delete>",
        b"<Delete>",
        b"not xml",
        b"<Other/>",
        b"<Delete><Object><Key><deeper/></Key></Object></Delete>",
        b"<Delete><Quiet>maybe</Quiet></Delete>",
        b"\xff\xfe",
        b"<Delete>\xff</Delete>",
        b"<a>" * 100_000,
        b"<Delete>" + b"<Object/>" * 500_000 + b"</Delete>",
        b'<?xml version="1.0" encoding="no-such"?><Delete><Quiet>x</Quiet></Delete>',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_hostile_or_broken_xml_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationError):
        parse("DeleteObjects", "/b?delete", body)


def test_a_location_is_the_text_of_its_root() -> None:
    operation = S3.operation_model("GetBucketLocation")

    somewhere = codec.respond(operation, {"LocationConstraint": "eu-west-1"}, "r").body
    first = codec.respond(operation, {"LocationConstraint": None}, "r").body

    assert ElementTree.fromstring(somewhere).text == "eu-west-1"
    assert (
        ElementTree.fromstring(somewhere).tag == "{http://s3.amazonaws.com/doc/2006-03-01/}LocationConstraint"
    )
    assert ElementTree.fromstring(first).text is None


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("ListBuckets", "ListAllMyBucketsResult"),
        ("ListObjectsV2", "ListBucketResult"),
        ("DeleteObjects", "DeleteResult"),
        ("CreateMultipartUpload", "InitiateMultipartUploadResult"),
        ("CompleteMultipartUpload", "CompleteMultipartUploadResult"),
        ("ListParts", "ListPartsResult"),
        ("GetObjectTagging", "Tagging"),
    ],
)
def test_a_root_has_the_name_that_s3_gives_it(name: str, root: str) -> None:
    response = codec.respond(S3.operation_model(name), {}, "r")

    assert ElementTree.fromstring(response.body).tag == f"{{http://s3.amazonaws.com/doc/2006-03-01/}}{root}"


def test_a_part_of_an_object_is_answered_with_206() -> None:
    whole = codec.respond(S3.operation_model("GetObject"), {"Body": b"abc"}, "r")
    part = codec.respond(S3.operation_model("GetObject"), {"Body": b"b", "ContentRange": "bytes 1-1/3"}, "r")

    assert (whole.status, part.status) == (200, 206)
    assert part.headers["content-range"] == "bytes 1-1/3"


def test_a_streaming_answer_is_handed_through_as_it_is() -> None:
    body = object()

    response = codec.respond(S3.operation_model("GetObject"), {"Body": body, "ContentLength": 3}, "r")

    assert response.body is body
    assert response.headers["content-length"] == "3"


def test_deletes_answer_with_204() -> None:
    assert codec.respond(S3.operation_model("DeleteObject"), {}, "r").status == 204


def test_a_header_stays_on_one_line() -> None:
    result = {"ContentDisposition": "a\r\nx-evil: 1", "Metadata": {"k\r\ny": "v\r\nz"}}

    headers = codec.respond(S3.operation_model("HeadObject"), result, "r").headers

    assert headers["content-disposition"] == "a x-evil: 1"
    assert headers["x-amz-meta-k y"] == "v z"


def test_metadata_beyond_latin1_is_encoded_as_s3_does() -> None:
    headers = codec.respond(
        S3.operation_model("HeadObject"), {"Metadata": {"a": "世界", "b": "é"}}, "r"
    ).headers

    assert headers["x-amz-meta-a"] == "=?utf-8?b?5LiW55WM?="
    assert headers["x-amz-meta-b"] == "é"


def test_a_key_that_xml_cannot_hold_does_not_break_a_listing() -> None:
    listing = {"Contents": [{"Key": "a\x01b"}, {"Key": "c\r\nd"}, {"Key": "<e>&'\""}]}

    body = codec.respond(S3.operation_model("ListObjectsV2"), listing, "r").body

    keys = [
        node.text
        for node in ElementTree.fromstring(body).iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key")
    ]
    assert keys == ["a\ufffdb", "c\r\nd", "<e>&'\""]


def test_the_answer_to_a_head_has_no_body() -> None:
    operation = S3.operation_model("HeadObject")
    error = codec.respond_error("s3", SerializationError("m"), "r", operation)

    assert codec.respond(operation, {"ContentLength": 3}, "r").body == b""
    assert error.body == b""
