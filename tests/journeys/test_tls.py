"""Clients of another machine, over TLS; those of this one stay where they were."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server, wait_for


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("state"),
        tmp_path_factory.mktemp("user"),
        {"CLARY_TLS": "yes", "CLARY_JOB_SESSION_S": "5"},
    )
    server.start()
    yield server
    server.stop()


Elsewhere = Callable[..., Any]


@pytest.fixture
def elsewhere(secure: Server) -> Iterator[Elsewhere]:
    """Clients that know the address, their keys and the certificate, and nothing of this machine."""
    with contextlib.ExitStack() as opened:
        root = json.loads((secure.home / "credentials.json").read_text())

        def client(service: str, url: str = "", verify: str | bool = "", **keys: str) -> Any:
            made = boto3.client(
                service,
                endpoint_url=url or secure.facts["tls_url"],
                region_name="us-east-1",
                verify=verify or secure.facts["certificate"],
                config=Config(retries={"total_max_attempts": 1}),
                aws_access_key_id=keys.get("AccessKeyId", root["AccessKeyId"]),
                aws_secret_access_key=keys.get("SecretAccessKey", root["SecretAccessKey"]),
            )
            return opened.enter_context(contextlib.closing(made))

        yield client


def test_boto3_works_over_tls_with_the_certificate_of_the_server(
    secure: Server, elsewhere: Elsewhere
) -> None:
    assert secure.url.startswith("http://127.0.0.1:")
    assert secure.facts["tls_url"].startswith("https://127.0.0.1:")
    s3 = elsewhere("s3")
    content = os.urandom(20 << 20)
    s3.create_bucket(Bucket="remote")
    s3.put_object(Bucket="remote", Key="large", Body=content)

    assert s3.get_object(Bucket="remote", Key="large")["Body"].read() == content
    # The plain port is that of the same server.
    local = secure.session(root=True)("s3")
    assert local.head_object(Bucket="remote", Key="large")["ContentLength"] == len(content)
    post = s3.generate_presigned_post("remote", "form")
    assert post["url"].startswith("https://")
    with pytest.raises(SSLError):
        elsewhere("s3", verify=True).list_buckets()
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="remote", Key="none")


def test_a_job_that_is_started_over_tls_runs(secure: Server, elsewhere: Elsewhere) -> None:
    bucket = "remote-jobs"
    secure.session(root=True)("s3").create_bucket(Bucket=bucket)

    jobs = Jobs(elsewhere, bucket, f"arn:aws:iam::{secure.facts['account']}:role/ClaryExecutionRole")
    job = jobs.run("fitting.py", hyperparameters={"steps": 3})

    assert job["TrainingJobStatus"] == "Completed"
    assert job["ModelArtifacts"]


def test_a_job_outlives_its_credentials_and_the_server(secure: Server) -> None:
    """On one machine; on others, see test_ray_cluster."""
    clients = secure.session(root=True)
    clients("s3").create_bucket(Bucket="renewed")
    jobs = Jobs(clients, "renewed", f"arn:aws:iam::{secure.facts['account']}:role/ClaryExecutionRole")
    words = {"bucket": "renewed", "word": "go", "renewals": 3}
    name = jobs.create("waiting_for_a_word.py", hyperparameters=words)
    wait_for(lambda: jobs.log(name) != [], "the job to run")

    secure.kill()
    secure.start()
    jobs.upload("go", b"")

    ended = jobs.wait(name)
    assert ended["TrainingJobStatus"] == "Completed", jobs.log(name)
    assert jobs.printed(name)["first"] == "ExpiredToken"
    written = json.loads(jobs.download(ended["ModelArtifacts"]["S3ModelArtifacts"])["written.json"])
    found = clients("s3").list_objects_v2(Bucket="renewed", Prefix="go/")["Contents"]
    assert {f"go/{key}" for key in written} == {each["Key"] for each in found}
    assert len(written) > 3


def test_policies_know_which_requests_are_encrypted(secure: Server, elsewhere: Elsewhere) -> None:
    iam = secure.session(root=True)("iam")
    iam.create_user(UserName="remote")
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="remote", PolicyName="encrypted", PolicyDocument=policy)
    keys = iam.create_access_key(UserName="remote")["AccessKey"]

    assert "Buckets" in elsewhere("s3", **keys).list_buckets()
    plain = elsewhere("s3", secure.url, **keys)
    with pytest.raises(ClientError, match="AccessDenied"):
        plain.list_buckets()
    # What a client says of itself is no proof, neither of this nor of its address.
    condition = {"IpAddress": {"aws:SourceIp": "10.1.2.3"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})
    iam.put_user_policy(UserName="remote", PolicyName="from-there", PolicyDocument=policy)
    plain.meta.events.register(
        "before-send.s3",
        lambda request, **_: request.headers.update(
            {"x-forwarded-proto": "https", "x-forwarded-for": "10.1.2.3"}
        ),
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        plain.list_buckets()


def test_studio_is_served_there_with_a_cookie_for_tls_alone(secure: Server) -> None:
    link = secure.command("studio", "--no-open").stdout.strip().partition("#link=")[2]
    port = secure.facts["tls_port"]
    context = ssl.create_default_context(cafile=secure.facts["certificate"])
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=90)
    origin = {"Origin": f"https://127.0.0.1:{port}", "Content-Type": "application/json"}
    connection.request("POST", "/studio/api/login", json.dumps({"Link": link}), origin)
    with contextlib.closing(connection), connection.getresponse() as answer:
        said = answer.read()

    assert answer.status == 200, said
    assert "; Secure" in str(answer.headers["set-cookie"])


def test_a_client_that_speaks_no_tls_is_let_go_and_the_port_stays(
    secure: Server, elsewhere: Elsewhere
) -> None:
    port, tls_port = secure.facts["port"], secure.facts["tls_port"]
    with socket.create_connection(("127.0.0.1", tls_port), timeout=90) as client:
        client.sendall(b"GET /_clary/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" not in client.recv(100)
    with socket.create_connection(("127.0.0.1", tls_port), timeout=90) as raw:
        context = ssl.create_default_context(cafile=secure.facts["certificate"])
        with context.wrap_socket(raw, server_hostname="localhost") as client:
            client.sendall(b"no HTTP\r\n\r\n")
            assert b"this is not HTTP/1.1" in client.recv(10_000)

    secure.kill()
    secure.start()

    assert (secure.facts["port"], secure.facts["tls_port"]) == (port, tls_port)
    assert elsewhere("sts").get_caller_identity()["Account"] == secure.facts["account"]


def test_a_missing_certificate_is_said_before_anything_is_served(tmp_path: Path, server: Server) -> None:
    named = ("--tls-cert", "none.pem", "--tls-key", "none.key")
    said = server.command("up", "--home", tmp_path / "new", *named, expect=1)

    assert "none.pem and" in said.stderr
    assert "can't be used for TLS (No such file or directory)" in said.stderr
