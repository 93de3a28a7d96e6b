"""A whole server whose buckets and objects are those of another S3, asked with boto3 at both places."""

from __future__ import annotations

import os
import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.backing import BackingS3, backing_s3
from tests.server.conftest import Served, serving

from clary.server.backing import require_other_s3
from clary.server.settings import Settings, SettingsError
from clary.store.backing.place import Misplaced


class Both:
    """``direct`` asks the other S3, ``front`` asks Clary. ``away`` ends the other one."""

    def __init__(self, folder: Path) -> None:
        self._front, self._back = ExitStack(), ExitStack()
        self.folder = folder
        self.s3: BackingS3 = self._back.enter_context(backing_s3(folder / "s3"))
        self.served: Served = self._front.enter_context(self.serving())
        self.direct, self.front = self.client_of(self.s3.served), self.client_of(self.served)
        self.bucket = ""

    def fresh(self) -> Both:
        """Makes a bucket for one test."""
        self.bucket = f"team-{secrets.token_hex(8)}"
        self.direct.create_bucket(Bucket=self.bucket)
        return self

    def serving(self, home: str = "home", **others: Any) -> Any:
        keys = self.s3.served.keys
        given = {
            "s3": self.s3.address.endpoint,
            "s3_direct": True,
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


@pytest.fixture(scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    both = Both(tmp_path_factory.mktemp("both"))
    yield both
    both.close()


@pytest.fixture
def both(_shared: Both) -> Both:
    return _shared.fresh()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Both]:
    """For a test that ends one of the two servers."""
    both = Both(tmp_path)
    yield both.fresh()
    both.close()


def test_both_clients_see_the_same_objects(both: Both, tmp_path: Path) -> None:
    bucket, content = both.bucket, os.urandom(12 << 20)
    (tmp_path / "large").write_bytes(content)
    given = {"ContentType": "text/csv", "Metadata": {"a": "b"}, "CacheControl": "no-store", "Tagging": "t=1"}
    given["Expires"] = datetime(2030, 1, 1, tzinfo=UTC)  # type: ignore[assignment]

    for writer, reader, name in ((both.direct, both.front, "direct"), (both.front, both.direct, "front")):
        written = writer.put_object(Bucket=bucket, Key=f"{name}/a//../b c+%", Body=b"content", **given)
        head = reader.head_object(Bucket=bucket, Key=f"{name}/a//../b c+%")
        assert (head["ETag"], head["ContentType"], head["CacheControl"]) == (
            written["ETag"],
            "text/csv",
            "no-store",
        )
        assert (head["Metadata"], head["TagCount"]) == ({"a": "b"}, 1)
        assert head["Expires"] == given["Expires"]
        tags = reader.get_object_tagging(Bucket=bucket, Key=f"{name}/a//../b c+%")["TagSet"]
        assert tags == [{"Key": "t", "Value": "1"}]
        writer.upload_file(
            str(tmp_path / "large"),
            bucket,
            f"{name}/parts",
            Config=TransferConfig(multipart_threshold=5 << 20),
        )
        reader.download_file(bucket, f"{name}/parts", str(tmp_path / "back"))
        assert (tmp_path / "back").read_bytes() == content
        ranged = reader.get_object(Bucket=bucket, Key=f"{name}/parts", Range="bytes=9000000-9000099")
        assert ranged["Body"].read() == content[9_000_000:9_000_100]
        writer.put_object(Bucket=bucket, Key=f"{name}/parts", Body=b"")
        assert reader.get_object(Bucket=bucket, Key=f"{name}/parts")["Body"].read() == b""
        writer.copy_object(
            Bucket=bucket, Key=f"{name}/copy", CopySource={"Bucket": bucket, "Key": f"{name}/a//../b c+%"}
        )
        assert reader.get_object(Bucket=bucket, Key=f"{name}/copy")["Metadata"] == {"a": "b"}

    listings = [
        [
            (item["Key"], item["Size"], item["ETag"], item["LastModified"])
            for item in client.list_objects_v2(Bucket=bucket)["Contents"]
        ]
        for client in (both.direct, both.front)
    ]
    assert listings[0] == listings[1]
    assert len(listings[0]) == 6
    gone = {"Objects": [{"Key": key} for key, *_ in listings[0]]}
    both.front.delete_objects(Bucket=bucket, Delete=gone)
    assert "Contents" not in both.direct.list_objects_v2(Bucket=bucket)
    # Nothing is kept of any of it.
    assert [path for path in (both.folder / "home" / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_pages_go_on_behind_a_common_prefix(both: Both, size: int) -> None:
    for key in ("a", "b/1", "b/2", "b/3", "c", "d/1", "e"):
        both.direct.put_object(Bucket=both.bucket, Key=key, Body=b"x")

    for paginator in ("list_objects_v2", "list_objects"):
        found: list[str] = []
        pages = both.front.get_paginator(paginator).paginate(
            Bucket=both.bucket, Delimiter="/", PaginationConfig={"PageSize": size}
        )
        for page in pages:
            found += [item["Key"] for item in page.get("Contents", [])]
            found += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
        assert sorted(found) == ["a", "b/", "c", "d/", "e"]


def test_buckets_are_those_of_the_other_s3(both: Both) -> None:
    both.front.create_bucket(Bucket="sagemaker-us-east-1-111122223333")
    both.front.create_bucket(Bucket="sagemaker-us-east-1-111122223333")
    both.direct.head_bucket(Bucket="sagemaker-us-east-1-111122223333")
    both.front.put_bucket_tagging(Bucket=both.bucket, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})

    names = [[item["Name"] for item in each.list_buckets()["Buckets"]] for each in (both.direct, both.front)]

    assert names[0] == names[1]
    assert both.direct.get_bucket_tagging(Bucket=both.bucket)["TagSet"] == [{"Key": "k", "Value": "v"}]
    both.front.put_object(Bucket=both.bucket, Key="k", Body=b"x")
    for operation, given, code in (
        ("delete_bucket", {"Bucket": both.bucket}, "BucketNotEmpty"),
        ("list_objects_v2", {"Bucket": "nowhere-at-all"}, "NoSuchBucket"),
        ("put_object", {"Bucket": "nowhere-at-all", "Key": "k", "Body": b"x"}, "NoSuchBucket"),
        ("put_object", {"Bucket": "nowhere-at-all", "Key": "k", "Body": b"x" * (2 << 20)}, "NoSuchBucket"),
        ("get_object", {"Bucket": both.bucket, "Key": "nothing"}, "NoSuchKey"),
        ("create_multipart_upload", {"Bucket": "nowhere-at-all", "Key": "k"}, "NoSuchBucket"),
        ("head_bucket", {"Bucket": "nowhere-at-all"}, "404"),
    ):
        with pytest.raises(ClientError) as raised:
            getattr(both.front, operation)(**given)
        assert raised.value.response["Error"]["Code"] == code
    both.front.delete_bucket(Bucket="sagemaker-us-east-1-111122223333")
    with pytest.raises(ClientError, match="404"):
        both.direct.head_bucket(Bucket="sagemaker-us-east-1-111122223333")


def test_versions_are_those_of_the_other_s3(both: Both) -> None:
    bucket = both.bucket
    both.front.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = both.front.put_object(Bucket=bucket, Key="k", Body=b"first")["VersionId"]
    second = both.direct.put_object(Bucket=bucket, Key="k", Body=b"second")["VersionId"]

    marker = both.front.delete_object(Bucket=bucket, Key="k")

    assert marker["DeleteMarker"] is True
    listed = both.front.list_object_versions(Bucket=bucket)
    assert {item["VersionId"] for item in listed["Versions"]} == {first, second}
    assert [item["VersionId"] for item in listed["DeleteMarkers"]] == [marker["VersionId"]]
    assert both.front.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read() == b"first"
    both.front.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert both.direct.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"


def test_conditions_are_kept_against_writers_at_both_places(both: Both) -> None:
    etag = both.direct.put_object(Bucket=both.bucket, Key="k", Body=b"1")["ETag"]

    for given in ({"IfNoneMatch": "*"}, {"IfMatch": '"other"'}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            both.front.put_object(Bucket=both.bucket, Key="k", Body=b"2", **given)
    both.front.put_object(Bucket=both.bucket, Key="k", Body=b"3", IfMatch=etag)

    assert both.direct.get_object(Bucket=both.bucket, Key="k")["Body"].read() == b"3"


def test_a_body_that_does_not_match_its_checksum_never_arrives(both: Both) -> None:
    for size in (10, 3 << 20):
        with pytest.raises(ClientError, match="BadDigest"):
            both.front.put_object(
                Bucket=both.bucket, Key="k", Body=b"x" * size, ChecksumSHA256="A" * 43 + "="
            )
    assert "Contents" not in both.direct.list_objects_v2(Bucket=both.bucket)


def test_hosts_get_addresses_of_the_objects_themselves(both: Both) -> None:
    both.direct.put_object(Bucket=both.bucket, Key="data/k", Body=b"content")
    objects = both.served.platform.blobs.objects

    stored = objects.find(both.bucket, "data/k")

    assert stored is not None
    assert objects.url(stored).startswith(f"{both.s3.address.endpoint}/{both.bucket}/data/k?")
    with urllib.request.urlopen(objects.url(stored)) as answer:
        assert answer.read() == b"content"


def test_hosts_send_parts_of_uploads_there(both: Both) -> None:
    named = {"Bucket": both.bucket, "Key": "job/output/model.tar.gz"}
    upload = both.front.create_multipart_upload(**named)["UploadId"]

    urls = both.served.platform.blobs.uploads.part_urls(*named.values(), upload, range(1, 3))
    etags = []
    for url in urls:
        assert url.startswith(both.s3.address.endpoint)
        with urllib.request.urlopen(urllib.request.Request(url, b"x" * 100, method="PUT")) as answer:
            etags.append(answer.headers["ETag"])
    listed = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
    done = both.front.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": listed})

    again = both.front.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": listed})
    assert again["ETag"] == done["ETag"] == both.direct.head_object(**named)["ETag"]
    assert both.direct.get_object(**named)["Body"].read() == b"x" * 200
    with pytest.raises(ClientError, match="NoSuchUpload"):
        both.front.abort_multipart_upload(**named, UploadId=upload)


def test_an_object_that_is_replaced_while_it_is_read_is_never_mixed(both: Both) -> None:
    both.direct.put_object(Bucket=both.bucket, Key="k", Body=b"a" * 100)
    opened = both.served.platform.blobs.objects.open(both.bucket, "k")
    assert opened is not None
    both.direct.put_object(Bucket=both.bucket, Key="k", Body=b"b" * 100)

    with pytest.raises(Exception, match="was replaced or deleted"):
        opened.read(100, 0)

    opened.close()


def test_an_s3_that_is_away_is_a_503_that_names_it(own: Both) -> None:
    own.away()
    front = own.front

    for ask in (
        lambda: front.get_object(Bucket=own.bucket, Key="k"),
        lambda: front.list_objects_v2(Bucket=own.bucket),
        lambda: front.put_object(Bucket=own.bucket, Key="k", Body=b"y"),
        lambda: front.create_multipart_upload(Bucket=own.bucket, Key="parts"),
        lambda: front.delete_object(Bucket=own.bucket, Key="k"),
        lambda: front.list_buckets(),
    ):
        with pytest.raises(ClientError) as raised:
            ask()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert raised.value.response["Error"]["Code"] == "SlowDown"
        assert own.s3.address.endpoint in str(raised.value)
    assert own.served.is_well()


def test_wrong_keys_are_the_servers_trouble_and_said_so(both: Both) -> None:
    with both.serving(home="another", s3_secret_access_key="wrong") as served:
        with pytest.raises(ClientError, match="the secret does not belong to the access key") as raised:
            both.client_of(served).get_object(Bucket=both.bucket, Key="k")
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_a_bucket_name_leads_to_no_other_server(both: Both) -> None:
    objects = both.served.platform.blobs.objects
    for name in ("arn:aws:s3:us-east-1:111122223333:accesspoint/mine", "..", "a/b", ""):
        with pytest.raises(Exception, match="is not valid"):
            objects.find(name, "k")
        assert both.served.platform.blobs.buckets.exists(name) is False


def test_a_server_does_not_start_in_the_other_mode(own: Both, tmp_path: Path) -> None:
    own.close_front()
    with pytest.raises(Misplaced, match="CLARY_S3_DIRECT=yes"), own.serving(s3="", s3_direct=False):
        pass
    with pytest.raises(Misplaced, match="CLARY_S3_DIRECT=yes"), own.serving(s3_direct=False):
        pass
    with serving(tmp_path / "old", tmp_path / "environments") as served:
        client = own.client_of(served)
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="k", Body=b"x")
    with pytest.raises(Misplaced, match="has objects of its own"), own.serving(home="old"):
        pass


@pytest.mark.parametrize("s3", ["http://127.0.0.1:8123", "http://localhost:8123/bucket"])
def test_a_server_is_not_its_own_s3(s3: str) -> None:
    with pytest.raises(SettingsError, match="this server itself"):
        require_other_s3(Settings(s3=s3), "http://127.0.0.1:8123")
    require_other_s3(Settings(s3=s3), "http://127.0.0.1:8124")
