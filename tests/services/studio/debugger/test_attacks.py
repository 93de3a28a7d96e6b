"""Files that a job has written to harm their reader: the page is told, and the next answer is right."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.services.studio.debugger.trials import Trained, write_trial

from clary.debugger.reading.channel import Channel
from clary.debugger.tensors.protobuf import bytes_field, varint, varint_field
from clary.debugger.tensors.records import FOOTER, header
from clary.domain.errors import PlatformError
from clary.server.reading_processes import ReadingProcesses

EVENT = "events/000000000000/000000000000_worker_0.tfevents"
INDEX = "index/000000000/000000000000_worker_0.json"
COLLECTIONS = "collections/000000000/worker_0_collections.json"


def index_of(*entries: dict[str, Any], event_file: object = EVENT) -> bytes:
    meta = {"mode": "TRAIN", "mode_step": 0, "event_file_name": event_file}
    return json.dumps({"meta": meta, "tensor_payload": entries}).encode()


def entry(name: object = "weight", start: object = 0, length: object = 100) -> dict[str, Any]:
    return {"tensorname": name, "start_idx": start, "length": length}


def record(dtype: int, shape: bytes, content: bytes, *, name: str = "weight") -> bytes:
    """One record of an event file, with any shape and content."""
    tensor = varint_field(1, dtype) + shape + content
    value = bytes_field(1, name.encode()) + bytes_field(8, tensor)
    payload = bytes_field(5, bytes_field(1, value))
    return header(len(payload)) + payload + FOOTER


def shape_of(*sizes: int) -> bytes:
    return bytes_field(2, b"".join(bytes_field(2, varint_field(1, size)) for size in sizes))


@pytest.fixture
def attacked(empty: Trained) -> Trained:
    empty.put(COLLECTIONS, b'{"collections": {}, "_meta": {"num_workers": 1}}')
    return empty


def save(attacked: Trained, content: bytes, **members: Any) -> None:
    """One step with one tensor."""
    attacked.put(EVENT, content)
    attacked.put(INDEX, index_of(entry(length=len(content), **members)))


def look(attacked: Trained) -> list[str]:
    """Asks all that a page asks; returns what went wrong, which a page can show."""
    said = []
    for operation, request in (
        ("DescribeCaptured", {}),
        ("ListTensorNames", {}),
        ("GetTensorSeries", {"Tensor": "weight"}),
        ("GetTensorValues", {"Tensor": "weight", "Step": 0}),
        ("GetNetworkPicture", {}),
        ("GetProfile", {}),
    ):
        try:
            found = attacked.ask(operation, **request)
            said += found.get("Problems", [])
        except PlatformError as error:
            said.append(error.message if error.http_status < 500 else "a fault of the server")
    assert "a fault of the server" not in said
    return said


@pytest.fixture(autouse=True)
def still_works(attacked: Trained, tmp_path: Path) -> Iterator[None]:
    """After each attack, the same processes read a good trial of another caller."""
    yield
    other = attacked.as_caller(caller=attacked.ctx.caller.__class__(**_renamed(attacked.ctx.caller)))
    write_trial(tmp_path / "good", steps=1)
    for path in (tmp_path / "good").rglob("*"):
        if path.is_file():
            other.put(str(path.relative_to(tmp_path / "good")), path.read_bytes())
    assert other.ask("GetTensorSeries", Tensor="fc.weight")["Maximum"] == [599.0]


GOOD = record(1, shape_of(2), varint(4 << 3 | 2) + varint(8) + np.array([1, 2], "<f4").tobytes())


def test_the_reader_of_these_tests_reads_a_good_one(attacked: Trained) -> None:
    save(attacked, GOOD)

    assert attacked.ask("GetTensorValues", Tensor="weight", Step=0)["Values"] == [[1.0, 2.0]]


@pytest.mark.parametrize("size", [0, 1, 11, 12, 20, len(GOOD) - 1])
def test_a_truncated_file_is_told(attacked: Trained, size: int) -> None:
    attacked.put(EVENT, GOOD[:size])
    attacked.put(INDEX, index_of(entry(length=len(GOOD))))

    assert any("the file ends" in said for said in look(attacked))


@pytest.mark.parametrize(
    "content",
    [
        header(2**62) + b"x" * 100,  # a length that no memory holds
        header(40) + b"\xff" * 40 + FOOTER,  # a number that does not end
        record(1, shape_of(2**40, 2**40), varint(4 << 3 | 2) + varint(4) + b"abcd"),
        record(1, shape_of(2**62, 2**62, 0), varint(4 << 3 | 2) + varint(0)),
        record(1, shape_of(-1, -2), varint(4 << 3 | 2) + varint(8) + b"abcdefgh"),
        record(1, shape_of(*[1] * 5_000), varint(4 << 3 | 2) + varint(4) + b"abcd"),
        record(99, shape_of(2), varint(4 << 3 | 2) + varint(8) + b"abcdefgh"),
        record(1, shape_of(2), varint(4 << 3 | 2) + varint(2**60) + b"abcd"),
        record(1, b"\x12\x05abcde", b""),
        os.urandom(4_096),
    ],
)
def test_an_absurd_length_or_shape_is_told(attacked: Trained, content: bytes) -> None:
    save(attacked, content)

    assert look(attacked)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"null",
        index_of(entry(start=2**70)),
        index_of(entry(start="0")),
        index_of(entry(name=["a"])),
        index_of(entry(name=7)),
        index_of(entry(start=-5, length=-5)),
        index_of(event_file=["a"]),
        json.dumps({"meta": {"mode": "TRAIN", "mode_step": "x"}, "tensor_payload": []}).encode(),
        json.dumps({"meta": {"mode": {}, "mode_step": 1}, "tensor_payload": []}).encode(),
    ],
)
def test_an_index_that_makes_no_sense_is_passed_over(attacked: Trained, content: bytes) -> None:
    attacked.put(EVENT, GOOD)
    attacked.put(INDEX, content)

    look(attacked)
    assert attacked.ask("DescribeCaptured")["StepCount"] <= 1


@pytest.mark.parametrize(
    "content",
    [
        b'{"collections": 5}',
        b"[" * 100_000,
        b'{"collections": {"a": {"include_regex": 5, "tensor_names": {}}}, "_meta": {"num_workers": -3}}',
        b'{"collections": {"a": {"include_regex": ["("], "tensor_names": []}}, "_meta": {"num_workers": 1}}',
        # An expression that takes years.
        b'{"collections": {"a": {"include_regex": ["(a+)+$"]}}, "_meta": {"num_workers": 1}}',
    ],
)
def test_collections_that_make_no_sense_are_passed_over(attacked: Trained, content: bytes) -> None:
    name = "a" * 60 + "b"
    attacked.put(EVENT, GOOD)
    attacked.put(INDEX, index_of(entry(name)))
    attacked.put(COLLECTIONS, content)

    look(attacked)
    attacked.ask("ListTensorNames", Collection="a")


def test_an_event_file_elsewhere_is_not_reached(attacked: Trained) -> None:
    attacked.put_at("tensors/other/secret", GOOD)
    attacked.put_at("secret", GOOD)
    for path in (
        "../../other/secret",
        "/tensors/other/secret",
        "s3://digits/secret",
        "../../../secret",
        "/etc/passwd",
    ):
        attacked.put(INDEX, index_of(entry(length=len(GOOD)), event_file=path))

        with pytest.raises(PlatformError, match="is in the index and not there"):
            attacked.as_caller(caller=attacked.ctx.caller).ask("GetTensorValues", Tensor="weight", Step=0)


def test_ten_thousand_long_texts_do_not_take_all_memory(attacked: Trained) -> None:
    """Numpy gives every text the room of the longest: these 20 MB would be 400 GB."""
    texts = bytes_field(8, b"x" * 10_000_000) + bytes_field(8, b"y") * 10_000
    save(attacked, record(7, shape_of(10_001), texts))

    assert any("need more memory" in said for said in look(attacked))


def test_numbers_that_are_slow_to_unpack_are_given_up(attacked: Trained) -> None:
    """Each byte becomes a number, in plain Python."""
    save(attacked, record(9, shape_of(64 << 20), bytes_field(10, b"\x01" * (64 << 20))))
    processes = ReadingProcesses(answer_s=2.0)

    with pytest.raises(PlatformError, match=r"need more memory|take longer than 2 s"):
        attacked.as_caller(reading=processes).ask("GetTensorSeries", Tensor="weight")

    processes.close()


def test_hundreds_of_thousands_of_names_are_paged(attacked: Trained) -> None:
    names = [entry(f"layer{number}.weight", length=1) for number in range(200_000)]
    attacked.put(INDEX, index_of(*names))

    found = attacked.ask("ListTensorNames", Search="199999")

    assert found == {"Names": ["layer199999.weight"], "Count": 1}
    assert len(attacked.ask("ListTensorNames")["Names"]) == 500


def test_an_index_that_is_too_large_is_passed_over(attacked: Trained) -> None:
    attacked.put(INDEX, b" " * (33 << 20) + index_of(entry()))

    assert attacked.ask("DescribeCaptured")["StepsLeftOut"] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000 + b"\n",
        b'{"NodeId": 1, "Dimension": 2, "Timestamp": "x", "Value": 3}\n',
        b'{"NodeId": "a", "Dimension": "CPUUtilization", "Timestamp": NaN, "Value": NaN}\n' * 3,
        b'{"NodeId": "a", "Dimension": "CPUUtilization", "Timestamp": 1e999, "Value": 1e999}\n' * 3,
    ],
)
def test_a_profile_that_makes_no_sense_is_passed_over(attacked: Trained, content: bytes) -> None:
    attacked.put_at(
        "profile/cnn/profiler-output/system/incremental/2026112718/1795800000.algo-1.json", content
    )

    look(attacked)


def test_a_file_that_takes_for_ever_is_given_up(attacked: Trained) -> None:
    """Windows of ten seconds up to the end of the year 33,000."""
    line = '{"NodeId": "a", "Dimension": "CPUUtilization", "Name": "cpu0", "Timestamp": %d, "Value": 1}\n'
    attacked.put_at(
        "profile/cnn/profiler-output/system/incremental/2026112718/1795800000.algo-1.json",
        (line % 1 + line % 10**12).encode(),
    )
    processes = ReadingProcesses(answer_s=2.0)
    since = time.monotonic()

    with pytest.raises(PlatformError, match=r"take longer than 2 s"):
        attacked.as_caller(reading=processes).ask("GetProfile")

    assert time.monotonic() - since < 30
    processes.close()


def test_a_process_that_says_too_much_is_ended() -> None:
    """As if a file had taken over the process that read it."""
    for nonsense in (struct.pack("<II", 2**31, 0), struct.pack("<II", 2, 0) + b"[]", b"\x01"):
        ours, theirs = socket.socketpair()
        theirs.sendall(nonsense)
        theirs.close()
        with pytest.raises((ValueError, EOFError)):
            Channel(ours).receive(1.0)
        ours.close()


def _renamed(caller: Any) -> dict[str, Any]:
    members = {name: getattr(caller, name) for name in caller.__dataclass_fields__}
    return {**members, "arn": members["arn"] + "/other"}
