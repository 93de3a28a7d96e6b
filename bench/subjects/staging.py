"""The time to stage a channel on the same machine, by the size of the channel."""

from __future__ import annotations

import itertools
import shutil
import time
from typing import TYPE_CHECKING, Any

from bench.harness.files import MIB, random_file
from bench.harness.jobs import BUCKET, Jobs
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench

TURNS = 5
LARGE_FILES, LARGE_BYTES = 4, 512 * MIB
SMALL, LARGE, MANY = "channel of 1 MiB", "channel of 2 GiB", "channel of 1,000 files of 1 KiB"
READS = "import os\nfor name in sorted(os.listdir('/opt/ml/input/data/training'))[:1]:\n    print(name)\n"


def measure(bench: Bench) -> Result:
    result = Result("Staging a channel on the same machine (the Downloading phase)")
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        small = random_file(bench.folder / "small", MIB)
        large = random_file(bench.folder / "large", LARGE_BYTES)
        jobs.s3.put_object(Bucket=BUCKET, Key="small/0", Body=small.read_bytes())
        for number in range(LARGE_FILES):
            with large.open("rb") as content:
                jobs.s3.put_object(Bucket=BUCKET, Key=f"large/{number}", Body=content)
        for number in range(1_000):
            jobs.s3.put_object(Bucket=BUCKET, Key=f"many/{number}", Body=b"x" * 1024)
        turns = {
            what: _turn(jobs, what, prefix)
            for what, prefix in ((SMALL, "small"), (LARGE, "large"), (MANY, "many"))
        }
        jobs.run("warm", jobs.send_script("warm", READS), channel=f"s3://{BUCKET}/small/")
        found = bench.in_turns(turns, result.notes, rounds=TURNS)
        for what, seconds in found.items():
            result.add(what, CLARY, "s", seconds)
        copies = [_copy(large, bench.folder / "copy") for _ in range(2)]
        result.add(LARGE, "cp", "s", copies)
    small_s, large_s = result.median(SMALL), result.median(LARGE)
    if small_s is not None and large_s is not None:
        result.budget_at_most(
            "2 GiB takes as long as 1 MiB: difference under 0.1 s", large_s - small_s, 0.1, "s"
        )
    return result


def _turn(jobs: Jobs, what: str, prefix: str) -> Callable[[], float]:
    script = jobs.send_script(prefix, READS)
    names = (f"stage-{prefix}-{number}" for number in itertools.count())

    def turn() -> float:
        return downloading_s(jobs.run(next(names), script, channel=f"s3://{BUCKET}/{prefix}/"))

    return turn


def downloading_s(description: dict[str, Any]) -> float:
    """How long a job was in the secondary status Downloading, in seconds."""
    seconds = [
        (each["EndTime"] - each["StartTime"]).total_seconds()
        for each in description["SecondaryStatusTransitions"]
        if each["Status"] == "Downloading"
    ]
    return float(sum(seconds))


def _copy(large: Path, target: Path) -> float:
    began = time.perf_counter()
    for number in range(LARGE_FILES):
        shutil.copyfile(large, target.with_name(f"copy-{number}"))
    seconds = time.perf_counter() - began
    for number in range(LARGE_FILES):
        target.with_name(f"copy-{number}").unlink()
    return seconds
