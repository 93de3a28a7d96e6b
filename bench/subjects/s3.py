"""Objects with boto3: puts and gets one of 1 GiB, and 2,000 of 10 KiB with 16 threads."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

from bench.harness.bench import run_client
from bench.harness.files import MIB, random_file
from bench.harness.peers import PeerMissing
from bench.harness.results import Result
from bench.harness.servers import Served, clary_server, peer_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench

PEERS = ("localbucket", "nanio", "rclone")
LARGE_BYTES = 1024 * MIB
SMALL_COUNT = 2_000

SIZES = {"put_large_s": LARGE_BYTES / 1e6, "get_large_s": LARGE_BYTES / 1e6}
"""The MB of those phases that are reported in MB/s."""
TITLES = {
    "put_large_s": "put of 1 GiB",
    "get_large_s": "get of 1 GiB",
    "put_small_s": "put of 2,000 x 10 KiB",
    "get_small_s": "get of 2,000 x 10 KiB",
}


def measure(bench: Bench) -> Result:
    result = Result("S3 through boto3")
    large = random_file(bench.folder / "large", LARGE_BYTES)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(clary_server(bench.folder))]
        for name in PEERS if bench.with_peers else ():
            try:
                servers.append(stack.enter_context(peer_server(name, bench.folder)))
            except PeerMissing as error:
                result.notes.append(str(error))
        found = bench.in_turns({served.who: _turn(served, large) for served in servers}, result.notes)
    for phase, title in TITLES.items():
        for who, turns in found.items():
            if phase in SIZES:
                result.add(title, who, "MB/s", [SIZES[phase] / turn[phase] for turn in turns])
            else:
                result.add(title, who, "objects/s", [SMALL_COUNT / turn[phase] for turn in turns])
    for phase, title in TITLES.items():
        for who, turns in found.items():
            result.add(f"{title}: the server's CPU", who, "s", [turn[f"{phase} cpu"] for turn in turns])
    for title in TITLES.values():
        best = result.best_peer(title)
        if best is not None:
            result.budget_at_least(
                f"{title}: not slower than the fastest peer ({best.who})",
                result.clary_over(best),
                1.0,
                "times",
            )
    result.notes.append(
        "Clary and nanio make an object durable (fsync) before they answer; localbucket does not"
    )
    return result


def _turn(served: Served, large: Path) -> Callable[[], dict[str, float]]:
    """A turn that returns the seconds of each phase, and as ``<phase> cpu`` the server's CPU seconds."""
    numbers = itertools.count()

    def turn() -> dict[str, float]:
        found: dict[str, float] = run_client(
            "s3_transfer.py",
            served.environ,
            bucket=f"bench-{next(numbers)}",
            large=str(large),
            folder=str(large.parent),
            small_count=SMALL_COUNT,
            server_pid=served.pid,
        )
        return found

    return turn
