"""A small real HTTP server for agents: it answers and records requests, and fails on demand."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from clary.domain.hosts.protocol import OTHER_VERSION

NOT_PRIVATE = "Clary: this host is not private"
Fault = str
"""``500``: answered so; ``other``: as a server of another version does; ``drop``: not carried out, no answer;
``lose``: carried out, no answer; ``half``: half of the answer's body; ``slow``: asked to slow down.
"""


@dataclass
class Standin:
    """objects: (bucket, key) to bytes. folder: where located objects lie; None: nothing is located."""

    folder: Path | None = None
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    """The names that reports came under."""
    events: list[tuple[int, str]] = field(default_factory=list)
    points: list[list[Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    signers: list[tuple[str, str]] = field(default_factory=list)
    """(access key, service) of each call."""
    fault: Callable[[str, int], Fault | None] = lambda _name, _count: None
    """Asked with the name of each call and how many of that name came before."""
    denied: set[str] = field(default_factory=set)
    """Keys the role may not read, and operations nobody may call."""
    missing_streams: int = 0
    """How many PutLogEvents find no stream."""
    invalid: set[str] = field(default_factory=set)
    """Messages that are refused."""
    refused_metrics: set[str] = field(default_factory=set)
    """Metrics of which one point makes a batch be refused."""
    expires_in_s: float = 3600.0
    profiler_config: dict[str, Any] = field(default_factory=dict)
    """As UpdateTrainingJob has left it."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Where servers of other hosts listen."""
    packages: list[dict[str, Any]] = field(default_factory=list)
    """What ReportPackages was told."""
    located: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Further members of what LocateObjects says of a key."""
    page_size: int = 3
    ranges: list[str] = field(default_factory=list)
    """Of each GetObject that asked for one."""
    checks_etags: bool = True
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    parts_at: str = ""
    """Where SignParts says that parts may be sent; empty: nowhere else."""
    _server: ThreadingHTTPServer | None = None
    _port: int = 0

    def start(self) -> Standin:
        server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        server.daemon_threads = True
        self._server, self._port = server, server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def lines(self) -> list[str]:
        """The lines of user code, without the note that there is no sandbox."""
        return [message for _at, message in self.events if not message.startswith(NOT_PRIVATE)]

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self.objects[bucket, key] = data

    def path_of(self, bucket: str, key: str) -> Path:
        assert self.folder is not None
        path = self.folder / f"{bucket}-{key}".encode().hex()[-200:]
        if not path.exists():
            path.write_bytes(self.objects[bucket, key])
        return path


@functools.lru_cache(maxsize=32)
def etag_of(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Refused(Exception):
    def __init__(self, status: int, code: str, **members: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.members = status, code, members


def _handler(state: Standin) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._serve()

        do_GET = do_PUT = do_DELETE = do_POST

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = urlsplit(self.path)
            name = _name(self.command, url.path, url.query, self.headers)
            with lock:
                fault = state.fault(name, state.calls.count(name))
                state.calls.append(name)
                if fault == "drop":
                    self.close_connection = True
                    return
                try:
                    if "X-Amz-Signature" not in url.query:
                        credential = self.headers["Authorization"].split("Credential=")[1].split("/")
                        state.signers.append((credential[0], credential[3]))
                    if fault == "500":
                        raise Refused(500, "InternalFailure")
                    if fault == "slow":
                        raise Refused(503, "SlowDown")
                    if fault == "other":
                        raise Refused(400, OTHER_VERSION)
                    status, headers, answer = _answer(state, name, url, self.headers, body)
                except Refused as error:
                    status, headers = error.status, {}
                    document = {"__type": error.code, "message": f"told {error.code}", **error.members}
                    answer = json.dumps(document).encode()
                if fault == "lose":
                    self.close_connection = True
                    return
            self.send_response(status)
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if fault == "half":
                self.close_connection = True
                answer = answer[: len(answer) // 2]
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    return Handler


def _name(method: str, path: str, query: str, headers: Any) -> str:
    if path.startswith("/_clary/"):
        return path.rpartition("/")[2]
    if "X-Amz-Target" in headers:
        return str(headers["X-Amz-Target"]).rpartition(".")[2]
    return f"{method} {unquote(path)}" + ("?list" if "list-type" in query else "")


def _answer(
    state: Standin, name: str, url: Any, headers: Any, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    if name in state.denied:
        raise Refused(400, "AccessDeniedException")
    if name == "POST /":
        return (
            200,
            {},
            b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>me</Account>"
            + (b"</GetCallerIdentityResult></GetCallerIdentityResponse>"),
        )
    private = _PRIVATE.get(name)
    if private is not None:
        return 200, {}, json.dumps(private(state, json.loads(body))).encode()
    return _s3(state, url, headers, body, name)


def _report(state: Standin, request: dict[str, Any]) -> dict[str, Any]:
    state.reports.append(request["Report"])
    state.hosts.add(request["Host"])
    return {}


def _credentials(state: Standin, _request: dict[str, Any]) -> dict[str, Any]:
    import time

    number = state.calls.count("RoleCredentials")
    return {
        "AccessKeyId": f"ASIA{number}",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": time.time() + state.expires_in_s,
    }


def _locate(state: Standin, request: dict[str, Any]) -> dict[str, Any]:
    if state.folder is None:
        raise Refused(404, "UnknownOperationException")
    bucket = request["Bucket"]
    keys = request.get("Keys")
    if keys is None:
        keys = [key for b, key in sorted(state.objects) if b == bucket and key.startswith(request["Prefix"])]
    if state.denied & set(keys):
        raise Refused(403, "AccessDenied")
    after = request.get("StartAfter") or ""
    page = [key for key in keys if key > after and (bucket, key) in state.objects]
    chosen = page[: state.page_size]
    if request.get("Keys"):
        page, chosen = [], [key for key in keys if (bucket, key) in state.objects]
    answer: dict[str, Any] = {"Objects": [_located(state, bucket, key) for key in chosen]}
    if len(page) > len(chosen):
        answer["NextStartAfter"] = chosen[-1]
    return answer


def _located(state: Standin, bucket: str, key: str) -> dict[str, Any]:
    data = state.objects[bucket, key]
    found = {"Key": key, "Size": len(data), "ETag": etag_of(data), "Path": str(state.path_of(bucket, key))}
    return {**found, **state.located.get(key, {})}


def _metrics(state: Standin, request: dict[str, Any]) -> dict[str, Any]:
    if state.refused_metrics & {point[0] for point in request["Points"]}:
        raise Refused(400, "ValidationException")
    new = max(0, len(state.points) - request["Sequence"])
    state.points.extend(request["Points"][new:])
    return {"Sequence": len(state.points)}


def _put_log_events(state: Standin, request: dict[str, Any]) -> dict[str, Any]:
    if state.missing_streams:
        state.missing_streams -= 1
        raise Refused(400, "ResourceNotFoundException")
    if state.invalid & {event["message"] for event in request["logEvents"]}:
        raise Refused(400, "InvalidParameterException")
    size = sum(len(event["message"].encode()) + 26 for event in request["logEvents"])
    if size > 1_048_576 or len(request["logEvents"]) > 10_000:
        raise Refused(400, "InvalidParameterException")
    if request.get("sequenceToken", "0") != str(len(state.events)):
        raise Refused(400, "InvalidSequenceTokenException", expectedSequenceToken=str(len(state.events)))
    state.events += [(event["timestamp"], event["message"]) for event in request["logEvents"]]
    return {"nextSequenceToken": str(len(state.events))}


def _sign_parts(state: Standin, request: dict[str, Any]) -> dict[str, Any]:
    if not state.parts_at:
        return {"Urls": []}
    place = f"{state.parts_at}/{request['Bucket']}/{request['Key']}?uploadId={request['UploadId']}"
    numbers = range(request["First"], request["First"] + min(request["Count"], state.page_size))
    return {"Urls": [f"{place}&partNumber={number}&X-Amz-Signature=abc" for number in numbers]}


_PRIVATE: dict[str, Callable[[Standin, dict[str, Any]], dict[str, Any]]] = {
    "ReportHost": _report,
    "ReportPackages": lambda state, request: state.packages.append(request) or {},
    "RoleCredentials": _credentials,
    "ProfilerConfig": lambda state, _request: {"ProfilerConfig": state.profiler_config},
    "GetHostAddresses": lambda state, _request: {"Addresses": state.addresses},
    "LocateObjects": _locate,
    "SignParts": _sign_parts,
    "PutHostMetrics": _metrics,
    "PutHostUtilization": lambda _state, _request: {},
    "PutLogEvents": _put_log_events,
    "CreateLogStream": lambda _state, _request: {},
    "CreateLogGroup": lambda _state, _request: {},
}


def _s3(state: Standin, url: Any, headers: Any, body: bytes, name: str) -> tuple[int, dict[str, str], bytes]:
    _, bucket, key = unquote(url.path).split("/", 2) if url.path.count("/") > 1 else ("", url.path[1:], "")
    query = parse_qs(url.query, keep_blank_values=True)
    method = name.split(" ", 1)[0]
    if key in state.denied:
        raise Refused(403, "AccessDenied")
    if "list-type" in query:
        return 200, {}, _list(state, bucket, query)
    if "uploads" in query:
        state.uploads[f"up{len(state.uploads)}"] = {}
        return 200, {}, f"<R><UploadId>up{len(state.uploads) - 1}</UploadId></R>".encode()
    if "uploadId" in query:
        parts = state.uploads[query["uploadId"][0]]
        if method == "PUT":
            parts[int(query["partNumber"][0])] = body
        elif method == "POST":
            state.put(bucket, key, b"".join(parts[number] for number in sorted(parts)))
        return 200, {"ETag": '"e"'}, b"<R/>"
    if method == "PUT":
        state.put(bucket, key, body)
        return 200, {"ETag": '"e"'}, b""
    if (bucket, key) not in state.objects:
        raise Refused(404, "NoSuchKey")
    if method == "DELETE":
        del state.objects[bucket, key]
        return 204, {}, b""
    data = state.objects[bucket, key]
    etag = f'"{etag_of(data)}"'
    if state.checks_etags and headers.get("If-Match", etag) != etag:
        raise Refused(412, "PreconditionFailed")
    if "Range" in headers:
        state.ranges.append(headers["Range"])
        first, _, last = headers["Range"].removeprefix("bytes=").partition("-")
        if int(first) >= len(data):
            raise Refused(416, "InvalidRange")
        last = min(int(last), len(data) - 1)
        where = {"ETag": etag, "Content-Range": f"bytes {first}-{last}/{len(data)}"}
        return 206, where, data[int(first) : last + 1]
    return 200, {"ETag": etag}, data


def _list(state: Standin, bucket: str, query: dict[str, list[str]]) -> bytes:
    from urllib.parse import quote

    prefix, after = query["prefix"][0], query.get("continuation-token", [""])[0]
    keys = [key for b, key in sorted(state.objects) if b == bucket and key.startswith(prefix) and key > after]
    contents = "".join(
        f"<Contents><Key>{quote(key)}</Key><Size>{len(state.objects[bucket, key])}</Size></Contents>"
        for key in keys[:3]
    )
    more = f"<NextContinuationToken>{keys[2]}</NextContinuationToken>" if len(keys) > 3 else ""
    truncated = "true" if more else "false"
    return (
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>'
        f"<IsTruncated>{truncated}</IsTruncated>{contents}{more}</ListBucketResult>"
    ).encode()
