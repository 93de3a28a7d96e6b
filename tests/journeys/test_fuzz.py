"""Anything may come in: requests made from the model's own shapes, and not as the model wants them."""

from __future__ import annotations

import copy
import http.client
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import OperationModel, Shape
from botocore.session import Session
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server

REQUESTS = 2400
MUTATIONS = 200
SERVICES = {
    "sagemaker": (
        "CreateTrainingJob", "DescribeTrainingJob", "ListTrainingJobs", "StopTrainingJob", "UpdateTrainingJob",
        "DeleteTrainingJob", "AddTags", "ListTags", "DeleteTags", "CreateEndpoint", "Search",
    ),
    "logs": (
        "CreateLogGroup", "CreateLogStream", "PutLogEvents", "GetLogEvents", "FilterLogEvents", "DescribeLogStreams",
        "DescribeLogGroups", "DeleteLogStream",
    ),
    "sts": ("GetCallerIdentity", "AssumeRole", "GetSessionToken"),
    "iam": (
        "CreateRole", "GetRole", "PutRolePolicy", "ListRoles", "SimulatePrincipalPolicy", "CreateUser",
        "CreatePolicy", "AttachRolePolicy",
    ),
    "s3": (
        "CreateBucket", "ListBuckets", "ListObjects", "ListObjectsV2", "PutObject", "GetObject", "HeadObject",
        "CopyObject", "DeleteObject", "DeleteObjects", "CreateMultipartUpload", "UploadPart", "ListParts",
        "CompleteMultipartUpload", "AbortMultipartUpload", "ListMultipartUploads", "PutObjectTagging",
        "GetBucketLocation", "GetBucketVersioning",
    ),
}  # fmt: skip
STRINGS = (
    "", "a", "journeys", "x" * 70, "x" * 20_000, "../../etc/passwd", "a/../b", "über", "\u0000", "\ud7ff", "😀" * 50,
    "s3://journeys/x", "s3://", "arn:aws:iam::111122223333:role/ClaryExecutionRole", "arn:aws:iam::1:role/x", "{}",
    '{"Version":"2012-10-17","Statement":[]}', "%00", "a\nb", "null", "-1", "1e999", "[", "(" * 60, "' OR 1=1 --",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2, 7, 1000, 2**31, 2**63, -(2**63) - 1, 10**30, 0.5, 1e308)


class Maker:
    """Values of a shape, most of them plausible, some of them not at all."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def value(self, shape: Shape, depth: int = 0) -> Any:
        if self.random.random() < 0.06:
            return self.anything()
        if shape.type_name == "structure":
            required = set(shape.required_members)
            keep = {
                name: member
                for name, member in shape.members.items()
                if self.random.random() < (0.9 if name in required else 0.35 / (1 + depth))
            }
            return {name: self.value(member, depth + 1) for name, member in keep.items()}
        if shape.type_name == "list":
            return [self.value(shape.member, depth + 1) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        if shape.type_name == "map":
            count = self.random.choice((0, 1, 2))
            return {self.random.choice(STRINGS): self.value(shape.value, depth + 1) for _ in range(count)}
        if shape.type_name == "string":
            names = [*getattr(shape, "enum", [])]
            return (
                self.random.choice(names)
                if names and self.random.random() < 0.8
                else self.random.choice(STRINGS)
            )
        if shape.type_name == "boolean":
            return self.random.choice((True, False))
        if shape.type_name == "blob":
            return self.random.choice(STRINGS)
        return self.random.choice(NUMBERS)

    def anything(self) -> Any:
        choices = (
            None,
            True,
            3,
            -0.1,
            "text",
            [],
            {},
            [[[]]],
            {"a": {"b": None}},
            *STRINGS[:8],
            *NUMBERS[6:10],
        )
        return self.random.choice(choices)


@pytest.fixture
def sender(server: Server) -> Iterator[Sender]:
    sender = Sender(server)
    yield sender
    sender.close()


@pytest.mark.parametrize("part", range(2))
def test_no_request_is_answered_with_a_fault_of_ours(sender: Sender, jobs: Jobs, part: int) -> None:
    seed = random.randrange(10**6)
    maker = Maker(seed)
    operations = [(service, name) for service, names in SERVICES.items() for name in names]
    answers: Counter[str] = Counter()
    for number in range(REQUESTS // 2):
        service, name = operations[(number * 2 + part) % len(operations)]
        request = make(maker, sender.model(service, name))
        status, body = sender.send(service, request)
        answers[f"{status // 100}xx"] += 1
        # 501 is S3's answer to what is not there: versioning, for example.
        assert status < 500 or status == 501, (
            f"seed {seed}, request {number}, {service} {name} was answered {status}: {body[:500]}\n{request!r:.3000}"
        )

    assert answers["2xx"] > 20
    assert answers["4xx"] > 200
    assert jobs.run("counting.py")["TrainingJobStatus"] == "Completed"


def test_whatever_job_is_accepted_also_ends(sender: Sender, jobs: Jobs) -> None:
    seed = random.randrange(10**6)
    maker = Maker(seed)
    whole = jobs.request("counting.py", inputs={"train": jobs.upload("fuzz/data.csv", b"1,2")})
    accepted = []
    for number in range(MUTATIONS):
        request = copy.deepcopy(whole) | {"TrainingJobName": f"fuzz-{seed}-{number}"}
        mutate(maker, request)
        made = json_request(sender.model("sagemaker", "CreateTrainingJob"), json.dumps(request).encode())
        status, body = sender.send("sagemaker", made)
        assert status < 500, f"seed {seed}: {status} {body[:500]}\n{request!r:.3000}"
        if status == 200:
            accepted.append(str(request["TrainingJobName"]))

    ended = [jobs.wait(name, timeout_s=120) for name in accepted]

    assert len(accepted) < MUTATIONS
    assert {job["TrainingJobStatus"] for job in ended} == {"Completed", "Failed"}
    # A job that fails by its request has a reason that is about the request, never a fault of ours.
    assert not [job for job in ended if "InternalServerError" in job.get("FailureReason", "")]


def mutate(maker: Maker, request: dict[str, Any]) -> None:
    """Changes, or takes away, one value somewhere in the request."""
    place: Any = request
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = maker.random.choice([key for key in keys if key != "TrainingJobName"])
        if isinstance(place[key], dict | list) and place[key] and maker.random.random() < 0.8:
            place = place[key]
            continue
        if maker.random.random() < 0.3:
            del place[key]
        else:
            place[key] = maker.anything()
        return


class Sender:
    """Signs correctly, whatever it is that is signed."""

    def __init__(self, server: Server) -> None:
        self._address = urlsplit(server.url)
        self._region = str(server.facts["region"])
        keys = json.loads((server.home / "credentials.json").read_text())
        self._keys = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"])
        self._session = Session()
        self._connection = http.client.HTTPConnection(self._address.netloc, timeout=30)

    def model(self, service: str, operation: str) -> OperationModel:
        return self._session.get_service_model(service).operation_model(operation)

    def close(self) -> None:
        self._connection.close()

    def send(self, service: str, made: dict[str, Any]) -> tuple[int, str]:
        url = f"{self._address.scheme}://{self._address.netloc}{made['path']}"
        request = AWSRequest(made["method"], url, dict(made["headers"]), made["body"])
        auth = S3SigV4Auth if service == "s3" else SigV4Auth
        auth(self._keys, service, self._region if service != "iam" else "us-east-1").add_auth(request)
        try:
            self._connection.request(made["method"], made["path"], made["body"], dict(request.headers))
            response = self._connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except TimeoutError:
            return 599, "no answer"
        except (http.client.HTTPException, ConnectionError):
            # The server may end a connection it can make nothing of; the next request tells whether it lives.
            self._connection.close()
            return 400, "closed"


def make(maker: Maker, operation: OperationModel) -> dict[str, Any]:
    """method, path, headers and body of one request, as near to the protocol as nonsense allows."""
    shape = operation.input_shape
    params = maker.value(shape) if shape is not None else {}
    protocol = operation.service_model.metadata["protocol"]
    if protocol == "json":
        body = json.dumps(params).encode()
        return json_request(operation, body[: len(body) // 2] if maker.random.random() < 0.03 else body)
    if protocol == "query":
        fields = {"Action": operation.name, "Version": operation.service_model.api_version, **flat(params)}
        body = "&".join(f"{quoted(key)}={quoted(value)}" for key, value in fields.items()).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return {"method": "POST", "path": "/", "headers": headers, "body": body}
    return rest(maker, operation, params if isinstance(params, dict) else {})


def json_request(operation: OperationModel, body: bytes) -> dict[str, Any]:
    metadata = operation.service_model.metadata
    headers = {
        "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
        "X-Amz-Target": f"{metadata['targetPrefix']}.{operation.name}",
    }
    return {"method": "POST", "path": "/", "headers": headers, "body": body}


def rest(maker: Maker, operation: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
    path, _, constant = str(operation.http["requestUri"]).partition("?")
    query, headers, body = [constant] if constant else [], {}, b""
    for name, member in operation.input_shape.members.items():
        where = member.serialization
        if name == "Bucket":
            path = path.replace(
                "{Bucket}", maker.random.choice(("journeys", "journeys", "fuzz-1", "no", "%C3%BC"))
            )
        elif where.get("location") == "uri":
            path = path.replace(
                f"{{{where['name']}+}}", quoted(maker.random.choice(STRINGS[1:])[:300]) or "k"
            )
        elif name in params and where.get("location") == "querystring":
            query.append(f"{quoted(where['name'])}={quoted(params[name])[:2000]}")
        elif where.get("name") == "Content-Length":
            continue  # a wrong one only makes the server wait for what never comes
        elif name in params and where.get("location") == "header":
            headers[where["name"]] = printable(params[name])
        elif name in params:
            body = maker.random.choice(
                (
                    b"",
                    b"<a/>",
                    b"<Delete><Object><Key>k</Key></Object></Delete>",
                    b"\xff" * 40,
                    b"<a>" * 500,
                    b"x" * 99,
                )
            )
    full = path + ("?" + "&".join(query) if query else "")
    return {"method": operation.http["method"], "path": full, "headers": headers, "body": body}


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """A document as form fields, in the query protocol's way."""
    if isinstance(value, dict):
        pairs = [(f"{prefix}.{key}" if prefix else str(key), each) for key, each in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{prefix}.member.{number}", each) for number, each in enumerate(value, 1)]
    else:
        return {prefix: str(value)} if prefix else {}
    return {key: text for name, each in pairs for key, text in flat(each, name).items()}


def quoted(value: Any) -> str:
    return quote(str(value), safe="-_.~")


def printable(value: Any) -> str:
    return "".join(letter for letter in str(value) if " " <= letter <= "~")[:300].strip()
