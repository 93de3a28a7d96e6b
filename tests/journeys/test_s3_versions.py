"""Versions of objects with boto3 and the aws command, and other clients of S3."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import boto3
import pyarrow.fs
import pytest
from botocore.exceptions import ClientError
from tests.journeys.clients import Client
from tests.journeys.server import Clients, Server


@pytest.fixture
def kept(clients: Clients, request: pytest.FixtureRequest) -> str:
    """A bucket with versioning, for this test only."""
    name = request.node.name.replace("_", "-")[:50]
    clients("s3").create_bucket(Bucket=name)
    clients("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def test_every_version_is_there_until_a_clean_up(clients: Clients, server: Server, kept: str) -> None:
    s3 = clients("s3")
    versions = [s3.put_object(Bucket=kept, Key="k", Body=b"%d" % n)["VersionId"] for n in range(3)]
    s3.delete_object(Bucket=kept, Key="k")

    with pytest.raises(ClientError) as gone:
        s3.head_object(Bucket=kept, Key="k")
    old = s3.get_object(Bucket=kept, Key="k", VersionId=versions[0])["Body"].read()
    s3.copy_object(Bucket=kept, Key="k", CopySource={"Bucket": kept, "Key": "k", "VersionId": versions[1]})

    headers = gone.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-delete-marker"] == "true"
    assert old == b"0"
    assert s3.get_object(Bucket=kept, Key="k")["Body"].read() == b"1"
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=kept, PaginationConfig={"PageSize": 2})
    listed = [item for page in pages for item in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    assert len({item["VersionId"] for item in listed}) == 5
    assert [item["IsLatest"] for item in listed].count(True) == 1
    _resource(server).Bucket(kept).object_versions.delete()
    s3.delete_bucket(Bucket=kept)


def _resource(server: Server) -> Any:
    environ = server.client_environ()
    return boto3.resource(
        "s3",
        endpoint_url=server.url,
        region_name=server.facts["region"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environ["AWS_SESSION_TOKEN"],
    )


def test_the_aws_command_lists_and_deletes_versions(v2: Client, clients: Clients, kept: str) -> None:
    for content in (b"1", b"2"):
        clients("s3").put_object(Bucket=kept, Key="k", Body=content)
    v2.command("aws", "s3", "rm", f"s3://{kept}/k")

    query = "{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}}"
    found = v2.command("aws", "s3api", "list-object-versions", "--bucket", kept, "--query", query)
    v2.command("aws", "s3api", "delete-objects", "--bucket", kept, "--delete", found)
    v2.command("aws", "s3", "rb", "--force", f"s3://{kept}")

    assert len(json.loads(found)["Objects"]) == 3


def test_a_form_uploads_a_file(v2: Client, clients: Clients, kept: str) -> None:
    assert v2.run("post_form.py", bucket=kept) == {"good": 201, "large": 400}

    assert clients("s3").get_object(Bucket=kept, Key="forms/mine.txt")["Body"].read() == b"by a form"


def test_pyarrow_reads_and_writes(server: Server, clients: Clients, kept: str) -> None:
    environ = server.client_environ()
    files = pyarrow.fs.S3FileSystem(
        endpoint_override=urlsplit(server.url).netloc,
        scheme="http",
        region=server.facts["region"],
        access_key=environ["AWS_ACCESS_KEY_ID"],
        secret_key=environ["AWS_SECRET_ACCESS_KEY"],
        session_token=environ["AWS_SESSION_TOKEN"],
    )
    clients("s3").put_object(Bucket=kept, Key="in/a b+c.txt", Body=b"content")

    with files.open_input_file(f"{kept}/in/a b+c.txt") as opened:
        assert opened.read() == b"content"
    with files.open_output_stream(f"{kept}/out.bin") as out:
        out.write(b"x" * (11 << 20))
    files.copy_file(f"{kept}/in/a b+c.txt", f"{kept}/copy")

    assert clients("s3").head_object(Bucket=kept, Key="out.bin")["ContentLength"] == 11 << 20
    assert {info.base_name for info in files.get_file_info(pyarrow.fs.FileSelector(kept))} == {
        "in",
        "out.bin",
        "copy",
    }


@pytest.fixture
def names_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name below localhost is this machine, as it is where a resolver follows RFC 6761."""
    lookup = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        below = isinstance(host, str) and host.endswith(".localhost")
        return lookup("127.0.0.1" if below else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.usefixtures("names_of_this_machine")
def test_a_bucket_may_stand_in_the_host(server: Server) -> None:
    environ = server.client_environ()
    session = boto3.Session(
        environ["AWS_ACCESS_KEY_ID"],
        environ["AWS_SECRET_ACCESS_KEY"],
        environ["AWS_SESSION_TOKEN"],
        region_name=server.facts["region"],
    )
    s3 = session.client(
        "s3",
        endpoint_url=f"http://localhost:{urlsplit(server.url).port}",
        config=boto3.session.Config(s3={"addressing_style": "virtual"}),
    )
    where = {"Bucket": "a.dotted.bucket", "Key": "ü +/k"}
    s3.create_bucket(Bucket="a.dotted.bucket")

    s3.put_object(**where, Body=b"content")

    assert s3.get_object(**where)["Body"].read() == b"content"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="a.dotted.bucket")["Contents"]] == ["ü +/k"]
