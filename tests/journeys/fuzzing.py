"""Invalid requests generated from the model's shapes; each is signed correctly."""

from __future__ import annotations

import http.client
import json
import random
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import OperationModel, Shape
from botocore.session import Session
from tests.journeys.server import Server

NO_ANSWER = 599

STRINGS = (
    "", "a", "fuzz-1", "x" * 70, "x" * 20_000, "../../etc/passwd", "a/../b", "über", "\u0000", "\ud7ff",
    "s3://fuzz-1/x", "s3://", "arn:aws:iam::111122223333:role/ClaryExecutionRole", "arn:aws:iam::1:role/x",
    "{}", '{"Version":"2012-10-17","Statement":[]}', "%00", "a\nb", "null", "-1", "1e999", "[", "(" * 60,
    "' OR 1=1 --", "😀" * 50,
)  # fmt: skip
NUMBERS = (0, -1, 1, 2, 7, 1000, 2**31, 2**63, -(2**63) - 1, 10**30, 0.5, 1e308)
STRANGERS = (None, True, 3, -0.1, "text", [], {}, [[[]]], {"a": {"b": None}}, *STRINGS[:8], *NUMBERS[6:10])
BODIES = (
    b"", b"<a/>", b"<Delete><Object><Key>k</Key></Object></Delete>", b"\xff" * 40, b"<a>" * 500, b"x" * 99
)  # fmt: skip
BUCKETS = ("fuzz-1", "fuzz-1", "fuzz-2", "no", "%C3%BC")


class Maker:
    """Returns values of a shape, most of them plausible, some of them nonsense."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def request(self, operation: OperationModel) -> dict[str, Any]:
        """Returns method, path, headers and body in the service's protocol."""
        params = self.value(operation.input_shape) if operation.input_shape is not None else {}
        protocol = operation.service_model.metadata["protocol"]
        if protocol == "json":
            body = json.dumps(params).encode()
            return json_request(operation, body[: len(body) // 2] if self.random.random() < 0.03 else body)
        if protocol == "query":
            return query_request(operation, params)
        return self._rest(operation, params if isinstance(params, dict) else {})

    def value(self, shape: Shape, depth: int = 0) -> Any:
        if self.random.random() < 0.06:
            return self.anything()
        if shape.type_name == "structure":
            likely = dict.fromkeys(shape.members, 0.35 / (1 + depth)) | dict.fromkeys(
                shape.required_members, 0.9
            )
            keep = [name for name in shape.members if self.random.random() < likely[name]]
            return {name: self.value(shape.members[name], depth + 1) for name in keep}
        if shape.type_name == "list":
            return [self.value(shape.member, depth + 1) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        if shape.type_name == "map":
            keys = self.random.choices(STRINGS, k=self.random.choice((0, 1, 2)))
            return {key: self.value(shape.value, depth + 1) for key in keys}
        if shape.type_name == "string":
            names = [*getattr(shape, "enum", [])]
            return self.random.choice(names if names and self.random.random() < 0.8 else STRINGS)
        if shape.type_name == "boolean":
            return self.random.choice((True, False))
        return self.random.choice(STRINGS if shape.type_name == "blob" else NUMBERS)

    def anything(self) -> Any:
        return self.random.choice(STRANGERS)

    def mutate(self, request: dict[str, Any], *, sparing: str) -> None:
        """Changes or removes one value in the request, but not the member ``sparing``."""
        place: Any = request
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = self.random.choice([key for key in keys if key != sparing])
            if isinstance(place[key], dict | list) and place[key] and self.random.random() < 0.8:
                place = place[key]
                continue
            if self.random.random() < 0.3:
                del place[key]
            else:
                place[key] = self.anything()
            return

    def _rest(self, operation: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
        path, _, constant = str(operation.http["requestUri"]).partition("?")
        query, headers, body = [constant] if constant else [], {}, b""
        for name, member in operation.input_shape.members.items() if operation.input_shape else ():
            location, spelled = member.serialization.get("location"), member.serialization.get("name", name)
            if name == "Bucket":
                path = path.replace("{Bucket}", self.random.choice(BUCKETS))
            elif location == "uri":
                path = path.replace(f"{{{spelled}+}}", quoted(self.random.choice(STRINGS[1:])[:300]) or "k")
            elif name not in params or spelled == "Content-Length":
                continue  # a wrong length only makes the server wait for what never comes
            elif location == "querystring":
                query.append(f"{quoted(spelled)}={quoted(params[name])[:2000]}")
            elif location == "header":
                headers[spelled] = printable(params[name])
            else:
                body = self.random.choice(BODIES)
        address = path + ("?" + "&".join(query) if query else "")
        return {"method": operation.http["method"], "path": address, "headers": headers, "body": body}


def json_request(operation: OperationModel, body: bytes) -> dict[str, Any]:
    metadata = operation.service_model.metadata
    headers = {
        "Content-Type": f"application/x-amz-json-{metadata['jsonVersion']}",
        "X-Amz-Target": f"{metadata['targetPrefix']}.{operation.name}",
    }
    return {"method": "POST", "path": "/", "headers": headers, "body": body}


def query_request(operation: OperationModel, params: Any) -> dict[str, Any]:
    fields = {"Action": operation.name, "Version": operation.service_model.api_version, **flat(params)}
    body = "&".join(f"{quoted(key)}={quoted(value)}" for key, value in fields.items()).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return {"method": "POST", "path": "/", "headers": headers, "body": body}


class Sender:
    """Signs any request correctly."""

    def __init__(self, server: Server) -> None:
        self._address = urlsplit(server.url)
        self._region = str(server.facts["region"])
        keys = json.loads((server.home / "credentials.json").read_text())
        self._keys = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"])
        self._session = Session()
        self._connection = http.client.HTTPConnection(self._address.netloc, timeout=90)

    def close(self) -> None:
        self._connection.close()

    def model(self, service: str, operation: str) -> OperationModel:
        return self._session.get_service_model(service).operation_model(operation)

    def operations(self, service: str) -> list[str]:
        return list(self._session.get_service_model(service).operation_names)

    def send(self, service: str, made: dict[str, Any]) -> tuple[int, str]:
        """(HTTP status, body); NO_ANSWER when there was none in 30 s."""
        url = f"{self._address.scheme}://{self._address.netloc}{made['path']}"
        request = AWSRequest(made["method"], url, dict(made["headers"]), made["body"])
        auth = S3SigV4Auth if service == "s3" else SigV4Auth
        auth(self._keys, service, self._region).add_auth(request)
        try:
            self._connection.request(made["method"], made["path"], made["body"], dict(request.headers))
            response = self._connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except TimeoutError:
            return NO_ANSWER, "no answer"
        except (http.client.HTTPException, ConnectionError):
            # The server may close a connection that it can't parse; the next request shows whether it runs.
            self._connection.close()
            return 400, "closed"


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Returns a document as form fields of the query protocol."""
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
