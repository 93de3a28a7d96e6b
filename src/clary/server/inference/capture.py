"""Data capture: requests and answers of an endpoint as lines of JSON in S3, where Model Monitor reads them.

    s3://<DestinationS3Uri>/<endpoint>/<variant>/2026/11/27/22/05-31-127-<uuid>.jsonl

A request only puts what it has into memory. A background task makes lines of it and writes them every few
seconds, with the rights of the execution role. Where too much waits, requests are left out, and that is said.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import threading
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.errors import PlatformError

from .data_log import tell_owner
from .role_objects import RoleObjects

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.server.platform import Platform

    from .choice import Chosen
    from .invocation import Invocation

log = logging.getLogger("clary.server")

Document = dict[str, Any]

WRITE_S = 5.0
WAITING_BYTES = 64 << 20
"""The most that may wait for the next write."""


@dataclass(frozen=True, slots=True)
class CapturedCall:
    """One request and its answer. at: epoch seconds."""

    endpoint: str
    variant: str
    role_arn: str
    config: Document
    invocation: Invocation
    asked: bytes
    content_type: str
    answered: bytes
    at: float

    @property
    def size_bytes(self) -> int:
        return len(self.asked) + len(self.answered)

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """Where it is written, and by whom. Calls with the same place share objects."""
        uri = self.config["DestinationS3Uri"].rstrip("/")
        hour = time.strftime("%Y/%m/%d/%H", time.gmtime(self.at))
        return self.endpoint, self.variant, self.role_arn, uri, hour


class AnswerCopy:
    """Takes the pieces of an answer while they are passed on, up to a limit."""

    def __init__(self, capture: DataCapture, call: CapturedCall, most_bytes: int) -> None:
        self._capture = capture
        self._call = call
        self._most_bytes = most_bytes
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._most_bytes:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def end(self, body: bytes | None = None) -> None:
        """The answer is complete. body: all of it, if it was not taken in pieces."""
        if self._size > self._most_bytes:
            self._capture.leave_out(self._call)
        else:
            whole = b"".join(self._pieces) if body is None else body
            self._capture.keep(replace(self._call, answered=whole))


class DataCapture:
    """The captured calls that wait to be written. Any thread may use it."""

    def __init__(self, platform: Platform, random: Callable[[], float]) -> None:
        self._platform = platform
        self._objects = RoleObjects(platform)
        self._random = random
        self._lock = threading.Lock()
        self._waiting: list[CapturedCall] = []
        self._waiting_bytes = 0
        self._left_out: Counter[tuple[str, str]] = Counter()

    def begin(self, chosen: Chosen, invocation: Invocation, content_type: str) -> AnswerCopy | None:
        """Returns what takes the answer of a request; None when this request is not captured."""
        config = chosen.endpoint.routes.capture
        # As AWS says: enabled unless it is said to be off.
        if config is None or not config.get("EnableCapture", True):
            return None
        if self._random() * 100 >= config["InitialSamplingPercentage"]:
            return None
        assert isinstance(invocation.body, bytes)
        call = CapturedCall(
            chosen.endpoint.name,
            chosen.variant.name,
            chosen.endpoint.roles[chosen.variant.name],
            config,
            invocation,
            invocation.body,
            content_type,
            b"",
            self._platform.now(),
        )
        return AnswerCopy(self, call, chosen.payload_bytes)

    def keep(self, call: CapturedCall) -> None:
        """Keeps a request and its answer until the next write."""
        with self._lock:
            if self._waiting_bytes + call.size_bytes > WAITING_BYTES:
                self._left_out[call.endpoint, call.variant] += 1
                return
            self._waiting_bytes += call.size_bytes
            self._waiting.append(call)

    def leave_out(self, call: CapturedCall) -> None:
        """Counts a request that is not captured though it should be."""
        with self._lock:
            self._left_out[call.endpoint, call.variant] += 1

    def write(self) -> None:
        """Writes what waits. What can't be written is lost, and the endpoint's log says so."""
        with self._lock:
            calls, self._waiting, self._waiting_bytes = self._waiting, [], 0
            left_out, self._left_out = self._left_out, Counter()
        for (endpoint, variant), count in left_out.items():
            tell_owner(
                self._platform,
                endpoint,
                variant,
                f"data capture left out {count} requests: more came than could be written. Lower "
                "InitialSamplingPercentage.",
            )
        for place, group in _grouped(calls).items():
            self._write_group(place, group)

    async def run(self) -> None:
        """Writes every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_S)
            try:
                await asyncio.to_thread(self.write)
            except Exception:
                log.exception("captured requests could not be written; those of the last seconds are lost")

    def _write_group(self, place: tuple[str, str, str, str, str], calls: list[CapturedCall]) -> None:
        endpoint, variant, role_arn, uri, hour = place
        first_at = calls[0].at
        name = f"{time.strftime('%M-%S', time.gmtime(first_at))}-{int(first_at * 1000) % 1000:03d}"
        key = f"{uri}/{endpoint}/{variant}/{hour}/{name}-{uuid.uuid4()}.jsonl"
        lines = (orjson.dumps(captured_line(call)) + b"\n" for call in calls)
        try:
            self._objects.put(role_arn, key, lines, "application/jsonlines")
        except PlatformError as error:
            tell_owner(
                self._platform,
                endpoint,
                variant,
                f"data capture could not write {len(calls)} requests to {uri}: {error.message}",
            )


def captured_line(call: CapturedCall) -> Document:
    """Returns the line of one call, in the members that Model Monitor knows."""
    modes = {option["CaptureMode"] for option in call.config["CaptureOptions"]}
    both = "InputAndOutput" in modes
    data: Document = {}
    if both or "Input" in modes:
        data["endpointInput"] = _side(call, "INPUT", call.invocation.content_type, call.asked)
    if both or "Output" in modes:
        data["endpointOutput"] = _side(call, "OUTPUT", call.content_type, call.answered)
    metadata: Document = {"eventId": str(uuid.uuid4())}
    if call.invocation.custom_attributes:
        metadata["customAttributes"] = [call.invocation.custom_attributes]
    if call.invocation.inference_id:
        metadata["inferenceId"] = call.invocation.inference_id
    metadata["inferenceTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(call.at))
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _side(call: CapturedCall, mode: str, content_type: str, body: bytes) -> Document:
    encoding, data = _encoded(call.config.get("CaptureContentTypeHeader") or {}, content_type, body)
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}


def _encoded(header: Document, content_type: str, body: bytes) -> tuple[str, str]:
    """Returns the encoding and the text of a body. What is no text is in base64, whatever its type says."""
    kind = content_type.partition(";")[0].strip().lower()
    for encoding, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if kind in [each.lower() for each in header.get(member, ())]:
            try:
                return encoding, body.decode()
            except UnicodeDecodeError:
                break
    return "BASE64", base64.b64encode(body).decode()


def _grouped(calls: list[CapturedCall]) -> dict[Any, list[CapturedCall]]:
    """Returns the calls of each object."""
    grouped: dict[Any, list[CapturedCall]] = defaultdict(list)
    for call in calls:
        grouped[call.place].append(call)
    return grouped
