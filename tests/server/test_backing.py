"""A whole server whose content lies in another S3, asked with boto3 as any S3."""

from __future__ import annotations

import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.backing import BackingS3, backing_s3
from tests.server.conftest import Served, serving

from clary.store.backing.failures import BackingRefused
from clary.store.backing.place import Misplaced

LARGE = 40_000
"""Bytes that are not kept in the database."""


class Pair:
    """A server, and the S3 behind it, which ``away`` ends."""

    def __init__(self, folder: Path) -> None:
        self._front, self._back = ExitStack(), ExitStack()
        self.folder = folder
        self.s3: BackingS3 = self._back.enter_context(backing_s3(folder / "s3"))
        self.served: Served = self._front.enter_context(self.serving())
        self.client = self.client_of(self.served)
        self.client.create_bucket(Bucket="bucket")

    def serving(self, home: str = "home", **others: Any) -> Any:
        keys = self.s3.served.keys
        given = {
            "s3": self.s3.url,
            "s3_access_key_id": keys.access_key,
            "s3_secret_access_key": keys.secret_key,
            **others,
        }
        return serving(self.folder / home, self.folder / "environments", **given)

    def client_of(self, served: Served) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=f"http://{served.host}:{served.port}",
            region_name="us-east-1",
            aws_access_key_id=served.keys.access_key,
            aws_secret_access_key=served.keys.secret_key,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def away(self) -> None:
        self._back.close()

    def close_front(self) -> None:
        self._front.close()

    def close(self) -> None:
        self._front.close()
        self._back.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path)
    yield pair
    pair.close()


def test_clients_see_an_s3_like_any_other(pair: Pair, tmp_path: Path) -> None:
    client, content = pair.client, os.urandom(20 << 20)
    (tmp_path / "large").write_bytes(content)

    client.put_object(
        Bucket="bucket", Key="one", Body=content, ChecksumAlgorithm="SHA256", Metadata={"a": "b"}
    )
    client.upload_file(
        str(tmp_path / "large"), "bucket", "parts", Config=TransferConfig(multipart_threshold=5 << 20)
    )
    client.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": "one"})

    for key in ("one", "parts", "copy"):
        assert client.get_object(Bucket="bucket", Key=key)["Body"].read() == content
        ranged = client.get_object(Bucket="bucket", Key=key, Range="bytes=9000000-9000099")
        assert (ranged["ContentRange"], ranged["Body"].read()) == (
            f"bytes 9000000-9000099/{20 << 20}",
            content[9_000_000:9_000_100],
        )
    client.download_file("bucket", "parts", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content
    assert len(pair.s3.objects()) == 3
    # Half of a large answer is read, and the rest is not asked for.
    client.get_object(Bucket="bucket", Key="one")["Body"].close()
    client.delete_objects(
        Bucket="bucket", Delete={"Objects": [{"Key": key} for key in ("one", "parts", "copy")]}
    )
    _until(lambda: pair.served.platform.blobs.drain() or not pair.s3.objects())
    assert pair.s3.uploads() == 0


def test_a_body_that_does_not_match_its_checksum_leaves_nothing(pair: Pair) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        pair.client.put_object(Bucket="bucket", Key="k", Body=b"x" * LARGE, ChecksumSHA256="A" * 43 + "=")

    _until(lambda: pair.served.platform.blobs.drain() or not pair.s3.objects())


def test_a_part_that_the_rules_of_s3_refuse_is_no_trouble_of_the_server(pair: Pair) -> None:
    upload = pair.client.create_multipart_upload(Bucket="bucket", Key="k")["UploadId"]

    for number in (0, 10_001):
        with pytest.raises(ClientError, match="InvalidArgument"):
            pair.client.upload_part(
                Bucket="bucket", Key="k", UploadId=upload, PartNumber=number, Body=b"x" * LARGE
            )

    pair.client.abort_multipart_upload(Bucket="bucket", Key="k", UploadId=upload)
    _until(lambda: pair.served.platform.blobs.drain() or not pair.s3.objects())
    assert pair.s3.uploads() == 0


def test_hosts_get_addresses_that_need_no_server(pair: Pair) -> None:
    pair.client.put_object(Bucket="bucket", Key="large", Body=b"x" * LARGE)
    pair.client.put_object(Bucket="bucket", Key="small", Body=b"s")
    objects = pair.served.platform.blobs.objects

    small, large = (objects.find("bucket", key) for key in ("small", "large"))

    assert small is not None
    assert large is not None
    assert objects.url(small) == ""
    with urllib.request.urlopen(objects.url(large)) as answer:
        assert answer.read() == b"x" * LARGE


def test_an_s3_that_is_away_is_a_503_and_the_rest_goes_on(pair: Pair) -> None:
    client = pair.client
    client.put_object(Bucket="bucket", Key="large", Body=b"x" * LARGE)
    pair.away()

    for ask in (
        lambda: client.get_object(Bucket="bucket", Key="large"),
        lambda: client.put_object(Bucket="bucket", Key="other", Body=b"y" * LARGE),
        lambda: client.create_multipart_upload(Bucket="bucket", Key="parts"),
        lambda: client.copy_object(Bucket="bucket", Key="c", CopySource={"Bucket": "bucket", "Key": "large"}),
    ):
        with pytest.raises(ClientError) as raised:
            ask()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert raised.value.response["Error"]["Code"] == "ServiceUnavailable"
        assert pair.s3.address.endpoint not in str(raised.value)
    client.put_object(Bucket="bucket", Key="small", Body=b"s")
    assert client.get_object(Bucket="bucket", Key="small")["Body"].read() == b"s"
    client.delete_object(Bucket="bucket", Key="large")
    assert [item["Key"] for item in client.list_objects_v2(Bucket="bucket")["Contents"]] == ["small"]


def test_content_that_is_gone_is_said_so(pair: Pair) -> None:
    pair.client.put_object(Bucket="bucket", Key="large", Body=b"x" * LARGE)
    behind = pair.s3.served.platform.blobs.objects
    rows = behind.page(pair.s3.address.bucket, limit=9).rows
    behind.delete(pair.s3.address.bucket, [row.key for row in rows])

    with pytest.raises(ClientError, match="somebody else has removed it"):
        pair.client.get_object(Bucket="bucket", Key="large")


def test_a_server_does_not_start_without_its_content(pair: Pair) -> None:
    pair.close_front()
    with pytest.raises(Misplaced, match=r"lies in the S3 http://127\.0\.0\.1"), pair.serving(s3=""):
        pass
    with (
        pytest.raises(Misplaced, match=r"CLARY_S3 is .*elsewhere"),
        pair.serving(s3=f"{pair.s3.url}elsewhere"),
    ):
        pass
    with pytest.raises(BackingRefused, match="SECRET_ACCESS_KEY"), pair.serving(s3_secret_access_key="wrong"):
        pass
    with (
        pytest.raises(BackingRefused, match="there is no such bucket"),
        pair.serving(home="another", s3=f"{pair.s3.address.endpoint}/nowhere"),
    ):
        pass


def test_only_a_bucket_that_nobody_named_is_made(pair: Pair) -> None:
    with pair.serving(home="another", s3=pair.s3.address.endpoint) as served:
        client = pair.client_of(served)
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="k", Body=b"x" * LARGE)

    assert pair.s3.served.platform.blobs.buckets.exists("clary")


def _until(condition: Any, limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
