"""Puts and gets objects with boto3, compares the content, and prints the seconds of each phase."""

from __future__ import annotations

import filecmp
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import psutil
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 16


def main(
    bucket: str,
    server_pid: int,
    large: str | None = None,
    folder: str = "",
    small_count: int = 0,
    small_bytes: int = 10 * 1024,
) -> dict[str, float]:
    """Returns the seconds of each phase, and as ``<phase> cpu`` the CPU seconds of the server's process.

    large: a file to put and get. folder: for the downloaded file. small_count, small_bytes: of small objects.
    """
    client = boto3.client(
        "s3", config=Config(max_pool_connections=2 * THREADS, s3={"addressing_style": "path"})
    )
    client.create_bucket(Bucket=bucket)
    stopwatch = Stopwatch(psutil.Process(server_pid))
    if large is not None:
        transfer_large(client, bucket, Path(large), Path(folder) / "came-back", stopwatch)
    if small_count:
        transfer_small(client, bucket, small_count, small_bytes, stopwatch)
    return stopwatch.found


def transfer_large(client: Any, bucket: str, source: Path, target: Path, stopwatch: Stopwatch) -> None:
    """Transfers one file with boto3's default settings: parts of 8 MiB, ten at a time."""
    stopwatch.time("put_large_s", lambda: client.upload_file(str(source), bucket, "large"))
    stopwatch.time("get_large_s", lambda: client.download_file(bucket, "large", str(target)))
    if not filecmp.cmp(source, target, shallow=False):
        raise RuntimeError("what came back differs from what was put")
    target.unlink()
    client.delete_object(Bucket=bucket, Key="large")


def transfer_small(client: Any, bucket: str, count: int, size: int, stopwatch: Stopwatch) -> None:
    content = bytes(range(256)) * (size // 256)
    keys = [f"small/{number:06}" for number in range(count)]

    def put(key: str) -> None:
        client.put_object(Bucket=bucket, Key=key, Body=content)

    def get(key: str) -> None:
        if client.get_object(Bucket=bucket, Key=key)["Body"].read() != content:
            raise RuntimeError(f"{key} came back different")

    with ThreadPoolExecutor(THREADS) as pool:
        stopwatch.time("put_small_s", lambda: list(pool.map(put, keys)))
        stopwatch.time("get_small_s", lambda: list(pool.map(get, keys)))
        list(pool.map(lambda key: client.delete_object(Bucket=bucket, Key=key), keys))


class Stopwatch:
    """Measures the time of phases, and the CPU time of another process in each phase."""

    def __init__(self, server: psutil.Process) -> None:
        self.found: dict[str, float] = {}
        self._server = server

    def time(self, phase: str, work: Callable[[], object]) -> None:
        before, began = self._server.cpu_times(), time.perf_counter()
        work()
        self.found[phase] = time.perf_counter() - began
        after = self._server.cpu_times()
        self.found[f"{phase} cpu"] = after.user + after.system - before.user - before.system


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
