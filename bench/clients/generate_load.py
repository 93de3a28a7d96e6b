"""Generates load for some seconds: puts and gets a large object, or sends batches of log lines."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import boto3

BATCH = 500


def objects(client: Any, bucket: str, large: str, until: float) -> int:
    """Puts and gets objects. Returns the number of bytes transferred."""
    target = Path(large).with_name("received")
    size, moved = Path(large).stat().st_size, 0
    while time.time() < until:
        client.upload_file(large, bucket, "large")
        client.download_file(bucket, "large", str(target))
        moved += 2 * size
    return moved


def lines(client: Any, until: float) -> int:
    """Sends log lines. Returns the number of accepted lines."""
    group, stream = f"/bench/load-{time.time_ns()}", "stream"
    client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName=stream)
    put = 0
    while time.time() < until:
        now = time.time_ns() // 1_000_000
        events = [{"timestamp": now, "message": f"line {put + number} loss=0.125"} for number in range(BATCH)]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        put += BATCH
    return put


def main(what: str, seconds: float, bucket: str = "", large: str = "") -> int:
    """what: ``objects`` or ``lines``. bucket, large: the bucket and the file to put, for ``objects``."""
    until = time.time() + seconds
    if what == "objects":
        client = boto3.client("s3")
        client.create_bucket(Bucket=bucket)
        return objects(client, bucket, large, until)
    return lines(boto3.client("logs"), until)


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
