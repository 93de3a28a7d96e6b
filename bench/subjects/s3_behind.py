"""Clary in front of another S3 (``CLARY_S3``) beside that S3 alone, and beside Clary with files.

One object of 1 GiB in parts, and 500 of 100 KiB with 16 threads. The other S3 is nanio, which makes objects
durable as Clary does.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

from bench.harness.bench import run_client
from bench.harness.files import MIB, random_file
from bench.harness.results import Result
from bench.harness.servers import KEY, SECRET, Served, clary_server, peer_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench

LARGE_BYTES = 1024 * MIB
SMALL_COUNT, SMALL_BYTES = 500, 100 * 1024

SIZES = {"put_large_s": LARGE_BYTES, "get_large_s": LARGE_BYTES}
TITLES = {
    "put_large_s": "put of 1 GiB",
    "get_large_s": "get of 1 GiB",
    "put_small_s": "put of 500 x 100 KiB",
    "get_small_s": "get of 500 x 100 KiB",
}


def measure(bench: Bench) -> Result:
    result = Result("Clary in front of another S3, through boto3")
    large = random_file(bench.folder / "large", LARGE_BYTES)
    with contextlib.ExitStack() as stack:
        alone = stack.enter_context(clary_server(bench.folder / "alone"))
        behind = stack.enter_context(peer_server("nanio", bench.folder))
        settings = {
            "CLARY_S3": f"{behind.url}/behind/bench",
            "CLARY_S3_ACCESS_KEY_ID": KEY,
            "CLARY_S3_SECRET_ACCESS_KEY": SECRET,
        }
        run_client("make_bucket.py", behind.environ, bucket="behind")
        front = stack.enter_context(clary_server(bench.folder / "front", settings))
        turns = {
            "Clary": _turn(front, large),
            "Clary, files": _turn(alone, large),
            "nanio alone": _turn(behind, large),
        }
        found = bench.in_turns(turns, result.notes)
    for phase, title in TITLES.items():
        for who, seen in found.items():
            if phase in SIZES:
                result.add(title, who, "MB/s", [SIZES[phase] / 1e6 / turn[phase] for turn in seen])
            else:
                result.add(title, who, "objects/s", [SMALL_COUNT / turn[phase] for turn in seen])
    for phase, title in TITLES.items():
        for who, seen in found.items():
            result.add(f"{title}: the server's CPU", who, "s", [turn[f"{phase} cpu"] for turn in seen])
    result.notes.append("all on one machine: client, Clary and the S3 behind it share its cores and its disk")
    return result


def _turn(served: Served, large: Path) -> Callable[[], dict[str, float]]:
    numbers = itertools.count()

    def turn() -> dict[str, float]:
        found: dict[str, float] = run_client(
            "s3_transfer.py",
            served.environ,
            bucket=f"bench-{next(numbers)}",
            large=str(large),
            folder=str(large.parent),
            small_count=SMALL_COUNT,
            small_bytes=SMALL_BYTES,
            server_pid=served.pid,
        )
        return found

    return turn
