"""The time to bring 2 GiB to another machine: an agent's download beside those of AWS's and a Go client."""

from __future__ import annotations

import itertools
import json
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.harness.files import MIB, random_file
from bench.harness.jobs import BUCKET, Jobs
from bench.harness.machines import machines, missing
from bench.harness.peers import peer_environment
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.harness.bench import Bench
    from bench.harness.machines import Machine

COUNT, SIZE_BYTES = 4, 512 * MIB
WHAT = "download of 4 x 512 MiB to another machine"
INSIDE = f"{WHAT}, without the start of the program"
CLIENT = Path(__file__).parent.parent / "clients/fetch_objects.py"


def measure(bench: Bench) -> Result:
    result = Result("Staging 2 GiB across network namespaces")
    if why := missing():
        result.notes.append(why)
        return result
    binaries = peer_environment("copiers")
    with machines(1) as network, clary_server(bench.folder, {"CLARY_HOST": "0.0.0.0"}) as served:
        jobs = Jobs.on(served)
        large = random_file(bench.folder / "large", SIZE_BYTES)
        objects = [put_large(jobs, large, f"large/{number}") for number in range(COUNT)]
        url = f"http://{network.address}:{urlsplit(served.url).port}"
        environ = {**served.environ, "AWS_ENDPOINT_URL": url, "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
        environ["PYTHONPATH"] = str(CLIENT.parent.parent.parent / "src")

        inside: list[float] = []

        def turn(
            command: Callable[[str], Sequence[str]], took: list[float] | None = None
        ) -> Callable[[], float]:
            names = itertools.count()

            def run() -> float:
                seconds, said = _timed(network[0], command, f"/tmp/came-{next(names)}", environ)
                if took is not None:
                    took.append(float(said))
                return seconds

            return run

        aws, s5cmd, uri = str(binaries / "aws"), str(binaries / "s5cmd"), f"s3://{BUCKET}/large/"

        def ours(folder: str) -> Sequence[str]:
            asked = json.dumps({"folder": folder, "bucket": BUCKET, "objects": objects})
            return [sys.executable, str(CLIENT), asked]

        turns = {
            CLARY: turn(ours, inside),
            "aws s3 cp": turn(lambda folder: [aws, "s3", "cp", "--recursive", "--quiet", uri, folder]),
            "s5cmd": turn(lambda folder: [s5cmd, "--endpoint-url", url, "cp", f"{uri}*", f"{folder}/"]),
        }
        found = bench.in_turns(turns, result.notes)
    for who, seconds in found.items():
        result.add(WHAT, who, "s", seconds)
    # An agent is a fork of a process that has loaded everything: no program starts.
    result.add(INSIDE, CLARY, "s", inside)
    best = result.best_peer(WHAT)
    if best is not None:
        result.budget_at_least(
            f"not slower than the fastest peer ({best.who})", result.clary_over(best), 1.0, "times"
        )
    result.notes.append("the time of each includes the start of its program, but for the line that says so")
    result.notes.append("Clary compares what arrives with its CRC32; s5cmd and aws check less")
    return result


def put_large(jobs: Jobs, large: Path, key: str) -> dict[str, Any]:
    """Puts an object; returns what LocateObjects tells of it to a host of another machine."""
    with large.open("rb") as content:
        jobs.s3.put_object(Bucket=BUCKET, Key=key, Body=content, ChecksumAlgorithm="CRC32")
    head = jobs.s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    checksum = {"Algorithm": "CRC32", "Value": head["ChecksumCRC32"], "Type": "FULL_OBJECT"}
    return {"Key": key, "Size": SIZE_BYTES, "ETag": head["ETag"].strip('"'), "Checksum": checksum}


def _timed(
    machine: Machine, command: Callable[[str], Sequence[str]], folder: str, environ: dict[str, str]
) -> tuple[float, str]:
    """Returns the seconds, and what the command printed."""
    machine.run(["mkdir", "-p", folder])
    began = time.perf_counter()
    said = machine.run(command(folder), environ=environ, timeout_s=300.0)
    seconds = time.perf_counter() - began
    sizes = machine.run(["sh", "-c", f"find {shlex.quote(folder)} -type f -printf '%s\\n'"]).split()
    machine.run(["rm", "-r", folder])
    if [int(size) for size in sizes] != [SIZE_BYTES] * COUNT:
        raise RuntimeError(f"{command(folder)[0]} did not download everything: {sizes}")
    return seconds, said
