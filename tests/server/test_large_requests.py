"""Requests that would block the server if it parsed them: each is refused while others are answered.

What blocks is counted in CPU time, which other programs of the machine do not lengthen, and against what this
machine takes to parse the largest request of real clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection

import psutil
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from clary.server.incoming import MEMORY_BYTES
from clary.server.parsing import parse_parameters
from clary.wire.http import HttpRequest
from clary.wire.models import service_model

from .conftest import ANSWER_S, Served

MILLION = 1_000_000
ARN = "arn:aws:sagemaker:us-east-1:111122223333:training-job/a"


@pytest.fixture
def nobody(served: Served) -> Credentials:
    """A user who may do nothing."""
    form = served.form
    assert form("iam", b"Action=CreateUser&Version=2010-05-08&UserName=nobody")[0] == 200
    _, made = form("iam", b"Action=CreateAccessKey&Version=2010-05-08&UserName=nobody")
    return Credentials(
        *(made.partition(f"<{name}>")[2].partition("<")[0] for name in ("AccessKeyId", "SecretAccessKey"))
    )


EVENTS = 10_000
"""At most so many are in one PutLogEvents."""


def events() -> bytes:
    """The largest request of real clients: many values inside of texts, which are none of its own."""
    line = json.dumps({"loss": 0.25, "of": [1, 2, 3], "text": '"{[,'})
    found = [{"timestamp": int(time.time() * 1000), "message": line}] * EVENTS
    return json.dumps({"logGroupName": "g", "logStreamName": "s", "logEvents": found}).encode()


@pytest.fixture(scope="module")
def parse_s() -> float:
    """The CPU time that one thread takes to parse such a request."""
    model = service_model("logs").operation_model("PutLogEvents")
    request = HttpRequest("POST", "/", "", {}, events())
    took_s = []
    for _ in range(3):
        began = time.thread_time()
        parse_parameters(model, request)
        took_s.append(time.thread_time() - began)
    return min(took_s)


@dataclass
class Seen:
    """CPU seconds. steps_s: of the loop's thread, for each of its steps, during which nobody else is served.

    waits_s: of all threads, while a health check waited; a thread that keeps the interpreter is in here too.
    """

    steps_s: list[float] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)

    def assert_others_were_served(self, parse_s: float) -> None:
        assert max(self.steps_s) < parse_s / 2
        assert max(self.waits_s) < parse_s * 10


@contextlib.contextmanager
def watched(served: Served) -> Iterator[Seen]:
    """Requests the health check repeatedly, and looks at each step of the event loop."""
    over = threading.Event()
    seen = Seen()

    def ask() -> None:
        while not over.is_set():
            began = time.process_time()
            assert served.is_well()
            seen.waits_s.append(time.process_time() - began)

    run = asyncio.Handle._run

    def timed(step: asyncio.Handle) -> None:
        began = time.thread_time()
        run(step)
        seen.steps_s.append(time.thread_time() - began)

    thread = threading.Thread(target=ask)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", timed)
        thread.start()
        try:
            yield seen
        finally:
            over.set()
            thread.join()


def many(value: bytes) -> bytes:
    return b",".join([value] * MILLION)


JSON_ATTACKS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty tags": (
        "SageMaker.AddTags",
        lambda: b'{"ResourceArn":"%s","Tags":[%s]}' % (ARN.encode(), many(b"{}")),
    ),
    "filters": ("SageMaker.Search", lambda: b'{"SearchExpression":{"Filters":[%s]}}' % many(b"{}")),
    "numbers": ("SageMaker.Search", lambda: b'{"SearchExpression":{"Filters":[%s]}}' % many(b"1")),
    "texts": ("SageMaker.Search", lambda: b'{"Resource":"Trial","Unknown":[%s]}' % many(b'""')),
    "a text without an end": ("SageMaker.Search", lambda: b'{"Resource":"' + b'\\"' * 3 * MILLION),
    "hyperparameters": (
        "SageMaker.CreateTrainingJob",
        lambda: b'{"HyperParameters":{%s}}' % b",".join(b'"%d":""' % each for each in range(MILLION // 2)),
    ),
    "levels": ("SageMaker.Search", lambda: b'{"SearchExpression":' + b"[" * MILLION),
    "events": ("Logs_20140328.PutLogEvents", lambda: b'{"logEvents":[%s]}' % many(b"{}")),
}  # fmt: skip


@pytest.mark.parametrize("name", JSON_ATTACKS)
def test_json_of_too_many_values_is_refused(
    served: Served, nobody: Credentials, parse_s: float, name: str
) -> None:
    target, made = JSON_ATTACKS[name]
    body = made()
    served.call("SageMaker.ListTags", {})  # models are loaded
    before_bytes = psutil.Process().memory_info().rss

    with watched(served) as seen:
        status, told = served.call(target, body, nobody)

    assert status in (400, 413)
    assert told["__type"] in (
        "RequestEntityTooLarge",
        "SerializationException",
        "ValidationException",
        "AccessDeniedException",
    )
    assert psutil.Process().memory_info().rss - before_bytes < 150 << 20
    seen.assert_others_were_served(parse_s)


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_a_form_of_too_many_parameters_is_refused(served: Served, parse_s: float, service: str) -> None:
    body = b"Action=CreateUser&Version=2010-05-08&UserName=a&" + b"&".join(
        b"Tags.member.%d.Key=a" % number for number in range(90_000)
    )

    served.form(service, b"Action=GetUser&Version=2010-05-08")  # models are loaded

    with watched(served) as seen:
        status, told = served.form(service, body)

    assert status in (400, 413)
    assert "<Code>MalformedInput</Code>" in told or "<Code>RequestEntityTooLarge</Code>" in told
    seen.assert_others_were_served(parse_s)


def s3_post(served: Served, path: str, body: bytes) -> tuple[int, bytes]:
    request = AWSRequest("POST", f"http://{served.host}:{served.port}{path}", {"Content-MD5": "x"}, body)
    S3SigV4Auth(served.keys, "s3", "us-east-1").add_auth(request)
    with contextlib.closing(served.connect()) as connection:
        connection.request("POST", path, body, dict(request.headers.items()))
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("size", [400_000, 3_000_000])
def test_xml_of_too_many_elements_is_refused(served: Served, parse_s: float, size: int) -> None:
    s3_post(served, "/b?delete", b"<Delete/>")  # models are loaded

    with watched(served) as seen:
        status, told = s3_post(served, "/b?delete", b"<Delete>" + b"<a/>" * size + b"</Delete>")

    assert (status, b"RequestEntityTooLarge" in told or b"MalformedXML" in told) in ((400, True), (413, True))
    seen.assert_others_were_served(parse_s)


def test_a_body_is_not_read_for_a_signature_that_is_wrong_in_its_head(served: Served) -> None:
    """Each announces a large body. The server refuses it without reading the body."""
    headers = {"X-Amz-Target": "SageMaker.ListTags", "Content-Type": "application/x-amz-json-1.1"}
    good = served.signed(b"{}", "sagemaker", headers)
    authorization = good["Authorization"]
    wrong = {
        "no signature": good | {"Authorization": ""},
        "unknown key": good | {"Authorization": authorization.replace(served.keys.access_key, "AKIANOBODY")},
        "another day": good | {"X-Amz-Date": "20200101T000000Z"},
        "another region": good | {"Authorization": authorization.replace("us-east-1", "eu-west-9")},
        "an unsigned header": good | {"X-Amz-Other": "1"},
        "the hash of another body": good | {"X-Amz-Content-SHA256": "0" * 64},
    }

    for name, sent in wrong.items():
        with contextlib.closing(socket.create_connection((served.host, served.port), ANSWER_S)) as client:
            head = "".join(f"{key}: {value}\r\n" for key, value in sent.items() if value)
            start = f"POST / HTTP/1.1\r\nHost: {served.host}:{served.port}\r\n"
            client.sendall(f"{start}{head}Content-Length: 8000000\r\n\r\n".encode())
            told = client.recv(65_536)
            assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 ")), name
            assert b"connection: close" in told, name


def test_a_refused_upload_still_reads_its_answer(served: Served) -> None:
    with contextlib.closing(served.connect()) as connection:
        connection.request("PUT", "/b/k", b"x" * (8 << 20))
        answer = connection.getresponse()

        assert (answer.status, answer.getheader("connection")) == (403, "close")
        assert b"AccessDenied" in answer.read()


def test_after_a_small_body_that_was_refused_the_connection_goes_on(served: Served) -> None:
    with contextlib.closing(served.connect()) as connection:
        for _ in range(3):
            connection.request("PUT", "/b/k", b"x" * 100_000)
            answer = connection.getresponse()
            assert answer.status == 403
            assert b"AccessDenied" in answer.read()
            assert connection.sock is not None


def test_bodies_together_take_no_more_memory_than_there_is_for_them(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = 30
    before_bytes = psutil.Process().memory_info().rss
    headers = {"X-Amz-Target": "Logs_20140328.PutLogEvents", "Content-Type": "application/x-amz-json-1.1"}
    body = b"{" + b" " * (7 << 20)
    with contextlib.ExitStack() as stack:
        for _ in range(held):
            connection: HTTPConnection = stack.enter_context(contextlib.closing(served.connect()))
            connection.putrequest("POST", "/", skip_accept_encoding=True)
            for key, value in served.signed(body, "logs", headers).items():
                connection.putheader(key, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(body[:-1])
        assert served.is_well()

        assert psutil.Process().memory_info().rss - before_bytes < MEMORY_BYTES + (64 << 20)


def test_what_real_clients_send_at_most_is_read_and_others_are_served_meanwhile(
    served: Served, parse_s: float
) -> None:
    assert served.call("Logs_20140328.CreateLogGroup", {"logGroupName": "g"})[0] == 200
    assert served.call("Logs_20140328.CreateLogStream", {"logGroupName": "g", "logStreamName": "s"})[0] == 200

    with watched(served) as seen:
        status, told = served.call("Logs_20140328.PutLogEvents", events())

    assert status == 200, told
    seen.assert_others_were_served(parse_s)
