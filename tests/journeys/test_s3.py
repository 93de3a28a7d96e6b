"""S3 with boto3: any key, large objects, presigned URLs."""

from __future__ import annotations

import hashlib
import io
import urllib.error
import urllib.request
from pathlib import Path

import boto3.s3.transfer
import pytest
from botocore.exceptions import ClientError
from tests.journeys.server import Clients

ODD_KEYS = (
    "a//b",
    "//",
    "../up",
    "a/../b",
    "./here",
    "trailing/",
    "ü",
    " blank ",
    "plus+and%2Fpercent%",
    "q?x=y&z#fragment",
    "tab\tand\nnewline",
    "<xml>&amp;",
    "\\back\\slash",
    "😀",
    "k" * 1024,
    "ü" * 512,
)


@pytest.fixture(scope="module")
def odd(clients: Clients) -> str:
    clients("s3").create_bucket(Bucket="odd-keys")
    return "odd-keys"


def test_any_key_keeps_its_object_to_itself(clients: Clients, odd: str) -> None:
    s3 = clients("s3")
    for key in ODD_KEYS:
        s3.put_object(Bucket=odd, Key=key, Body=key.encode(), Metadata={"length": str(len(key))})

    for key in ODD_KEYS:
        found = s3.get_object(Bucket=odd, Key=key)
        assert found["Body"].read() == key.encode()
        assert found["Metadata"] == {"length": str(len(key))}
    listed = [item["Key"] for item in s3.list_objects_v2(Bucket=odd)["Contents"]]
    assert listed == sorted(ODD_KEYS, key=str.encode)


def test_a_key_of_1025_bytes_is_refused(clients: Clients, odd: str) -> None:
    with pytest.raises(ClientError) as refused:
        clients("s3").put_object(Bucket=odd, Key="k" * 1025, Body=b"")

    assert refused.value.response["Error"]["Code"] == "KeyTooLongError"


def test_128_mebibytes_go_there_and_back_in_parts(clients: Clients, odd: str, tmp_path: Path) -> None:
    s3 = clients("s3")
    block = bytes(range(256)) * 4096
    sent = tmp_path / "sent.bin"
    with sent.open("wb") as file:
        for number in range(128):
            file.write(number.to_bytes(4, "big") + block[4:])
    config = boto3.s3.transfer.TransferConfig(multipart_chunksize=8 << 20, max_concurrency=4)

    s3.upload_file(str(sent), odd, "large.bin", Config=config)
    s3.download_file(odd, "large.bin", str(tmp_path / "back.bin"), Config=config)

    head = s3.head_object(Bucket=odd, Key="large.bin")
    assert head["ContentLength"] == 128 << 20
    assert head["ETag"].endswith('-16"')
    assert digest(tmp_path / "back.bin") == digest(sent)
    tail = s3.get_object(Bucket=odd, Key="large.bin", Range="bytes=-7")["Body"].read()
    assert tail == block[-7:]
    s3.delete_object(Bucket=odd, Key="large.bin")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_get_and_put(clients: Clients, odd: str, version: str) -> None:
    s3 = clients("s3", signature_version=version)
    where = {"Bucket": odd, "Key": "presigned/ü +.txt"}

    put = urllib.request.Request(
        s3.generate_presigned_url("put_object", Params=where),
        data=b"by a URL",
        method="PUT",
        headers={"Content-Type": ""},
    )
    with urllib.request.urlopen(put, timeout=60) as response:
        assert response.status == 200
    with urllib.request.urlopen(
        s3.generate_presigned_url("get_object", Params=where), timeout=60
    ) as response:
        assert response.read() == b"by a URL"


def test_a_presigned_url_for_one_key_is_not_good_for_another(clients: Clients, odd: str) -> None:
    s3 = clients("s3", signature_version="s3v4")
    s3.put_object(Bucket=odd, Key="mine", Body=b"mine")
    s3.put_object(Bucket=odd, Key="else", Body=b"not for you")

    url = s3.generate_presigned_url("get_object", Params={"Bucket": odd, "Key": "mine"})

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("/mine?", "/else?"), timeout=60)
    with refused.value as answer:
        assert answer.code == 403


def test_a_damaged_upload_is_refused(clients: Clients, odd: str) -> None:
    with pytest.raises(ClientError) as refused:
        clients("s3").put_object(Bucket=odd, Key="damaged", Body=b"content", ChecksumCRC32="AAAAAA==")

    assert refused.value.response["Error"]["Code"] in (
        "BadDigest",
        "InvalidRequest",
        "XAmzContentChecksumMismatch",
    )


def test_an_upload_of_unknown_length_is_kept_whole(clients: Clients, odd: str) -> None:
    content = bytes(range(256)) * 50_000

    clients("s3").upload_fileobj(io.BytesIO(content), odd, "stream")

    assert clients("s3").get_object(Bucket=odd, Key="stream")["Body"].read() == content


def test_a_write_on_condition_happens_once(clients: Clients, odd: str) -> None:
    s3 = clients("s3")
    s3.put_object(Bucket=odd, Key="once", Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=odd, Key="once", Body=b"second", IfNoneMatch="*")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert s3.get_object(Bucket=odd, Key="once")["Body"].read() == b"first"


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
