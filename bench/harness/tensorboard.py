"""TensorBoard, and runs that are written to its event files without its slow writer."""

from __future__ import annotations

import contextlib
import json
import struct
import time
import urllib.request
from typing import TYPE_CHECKING

import numpy as np

from bench.harness.curves import METRIC, instants, loss_curve
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ, free_port, running, wait_until_answered
from clary.debugger.tensors.crc32c import length_crc, masked_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

READ_TIMEOUT_S = 120.0
READ_POINTS = 2_000
"""Points of a run that TensorBoard is given, of which it keeps 1,000 for its charts: its reader of events in
Python, the only one that installs here, takes minutes for all of them.
"""
CURVES_SHOWN = """(() => {
  const canvas = document.querySelector('scalar-card canvas');
  if (!canvas || document.querySelector('scalar-card mat-spinner')) return 0;
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const drawn = copy.getContext('2d');
  drawn.drawImage(canvas, 0, 0);
  const pixels = drawn.getImageData(0, 0, copy.width, copy.height).data;
  return new Set(new Uint32Array(pixels.buffer)).size;
})()"""
"""The number of colours on the first chart: with a hundred curves there are many."""


@contextlib.contextmanager
def tensorboard_server(logs: Path) -> Iterator[str]:
    """Starts TensorBoard over a folder of runs; its address. Raises peers.PeerMissing."""
    program = peer_environment("tensorboard") / "tensorboard"
    port = free_port()
    command = [
        program,
        "--logdir",
        logs,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--reload_interval",
        "5",
    ]
    with running(command, folder=logs.parent, environ=clean_environ(), log="tensorboard.log") as process:
        wait_until_answered(port, "/data/environment", process)
        yield f"http://127.0.0.1:{port}"


def wait_until_read(url: str, runs: int) -> float:
    """Seconds until the server has read the last step of all runs."""
    began = time.monotonic()
    last: dict[str, float] = {}
    while time.monotonic() - began < READ_TIMEOUT_S:
        with urllib.request.urlopen(f"{url}/data/plugin/scalars/tags", timeout=120) as answer:
            tags = json.loads(answer.read())
        if len(tags) == runs:
            # What it knows of the run that is read last does not change any more.
            with urllib.request.urlopen(
                f"{url}/data/plugin/scalars/scalars?run={max(tags)}&tag={METRIC}", timeout=120
            ) as answer:
                step = json.loads(answer.read())[-1][1]
            if last.get("step") == step:
                return time.monotonic() - began
            last["step"] = step
        time.sleep(3)
    raise TimeoutError(f"TensorBoard has not read {runs} runs in {READ_TIMEOUT_S:.0f} s")


def fill_runs(folder: Path, runs: int, points: int) -> None:
    """Writes READ_POINTS points of each of the curves of ``curves.py``, one event file for each run."""
    steps = np.linspace(0, points - 1, min(points, READ_POINTS)).astype(np.int64)
    for number in range(runs):
        run = folder / f"run-{number:03}"
        run.mkdir(parents=True)
        (run / "events.out.tfevents.1790000000.bench").write_bytes(
            _record(_VERSION) + _events(steps, instants(points)[steps], loss_curve(number, points)[steps])
        )


_VERSION = struct.pack("<Bd", 0x09, 1.79e9) + b"\x1a\x0dbrain.Event:2"


def _record(payload: bytes) -> bytes:
    length = len(payload)
    head = struct.pack("<QI", length, length_crc(length))
    return head + payload + struct.pack("<I", masked_crc32c(payload))


def _events(steps: NDArray[np.int64], at: NDArray[np.float64], values: NDArray[np.float64]) -> bytes:
    """All records of a run at once: they have one length, because steps are padded to four bytes.

    Event := wall_time (1, double) · step (2, varint) · summary (5) := value (1) := tag (1) · simple_value (2)
    """
    tag = METRIC.encode()
    value = b"\x0a" + bytes([len(tag)]) + tag + b"\x15"
    inner = b"\x0a" + bytes([len(value) + 4]) + value
    before_step, before_value = b"\x09" + bytes(8) + b"\x10", b"\x2a" + bytes([len(inner) + 4]) + inner
    length = len(before_step) + 4 + len(before_value) + 4
    head = struct.pack("<QI", length, length_crc(length))
    count = len(values)
    records = np.zeros((count, len(head) + length + 4), np.uint8)
    template = head + before_step + bytes(4) + before_value
    records[:, : len(template)] = np.frombuffer(template, np.uint8)
    start = len(head)
    records[:, start + 1 : start + 9] = at.astype("<f8").view(np.uint8).reshape(count, 8)
    for byte in range(4):
        more = 0x80 if byte < 3 else 0
        records[:, start + len(before_step) + byte] = ((steps >> (7 * byte)) & 0x7F) | more
    records[:, start + length - 4 : start + length] = values.astype("<f4").view(np.uint8).reshape(count, 4)
    checksums = _masked_crcs(records[:, start : start + length])
    records[:, start + length :] = checksums.astype("<u4").view(np.uint8).reshape(count, 4)
    return records.tobytes()


def _masked_crcs(payloads: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """``masked_crc32c`` of each row."""
    table = np.array([_of_byte(byte) for byte in range(256)], np.uint32)
    crc = np.full(len(payloads), 0xFFFFFFFF, np.uint32)
    for column in payloads.T:
        crc = table[(crc ^ column) & 0xFF] ^ (crc >> np.uint32(8))
    crc = ~crc
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(0xA282EAD8)


def _of_byte(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    return byte
