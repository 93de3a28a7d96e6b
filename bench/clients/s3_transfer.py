"""Puts and gets objects through boto3 and prints the seconds of each; what comes back is compared."""

from __future__ import annotations

import filecmp
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

THREADS = 16


def main(bucket: str, large: str | None = None, folder: str = "", small_count: int = 0) -> dict[str, float]:
    """large: a file to put and get. folder: where it comes back. small_count: how many objects of 10 KiB."""
    client = boto3.client(
        "s3", config=Config(max_pool_connections=2 * THREADS, s3={"addressing_style": "path"})
    )
    client.create_bucket(Bucket=bucket)
    found: dict[str, float] = {}
    if large is not None:
        found |= transfer_large(client, bucket, Path(large), Path(folder) / "came-back")
    if small_count:
        found |= transfer_small(client, bucket, small_count)
    return found


def transfer_large(client: Any, bucket: str, source: Path, target: Path) -> dict[str, float]:
    """One file, with the settings boto3 has when nothing is set: parts of 8 MiB, ten at a time."""
    found = {
        "put_large_s": timed(lambda: client.upload_file(str(source), bucket, "large")),
        "get_large_s": timed(lambda: client.download_file(bucket, "large", str(target))),
    }
    if not filecmp.cmp(source, target, shallow=False):
        raise RuntimeError("what came back differs from what was put")
    target.unlink()
    client.delete_object(Bucket=bucket, Key="large")
    return found


def transfer_small(client: Any, bucket: str, count: int) -> dict[str, float]:
    content = bytes(range(256)) * 40
    keys = [f"small/{number:06}" for number in range(count)]

    def put(key: str) -> None:
        client.put_object(Bucket=bucket, Key=key, Body=content)

    def get(key: str) -> None:
        if client.get_object(Bucket=bucket, Key=key)["Body"].read() != content:
            raise RuntimeError(f"{key} came back different")

    with ThreadPoolExecutor(THREADS) as pool:
        found = {
            "put_small_s": timed(lambda: list(pool.map(put, keys))),
            "get_small_s": timed(lambda: list(pool.map(get, keys))),
        }
        list(pool.map(lambda key: client.delete_object(Bucket=bucket, Key=key), keys))
    return found


def timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
