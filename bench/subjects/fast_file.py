"""FastFile on another machine: the first batch of 2 GiB, and all of it, beside File mode and s3fs."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.harness.files import MIB, random_file
from bench.harness.jobs import BUCKET, Jobs
from bench.harness.machines import machines, missing
from bench.harness.peers import PeerMissing
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server
from bench.subjects.staging_network import CLIENT, COUNT, SIZE_BYTES, put_large

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness.bench import Bench
    from bench.harness.machines import Machine

FIRST = "the first MiB of each of 4 x 512 MiB"
WHOLE = "4 x 512 MiB, read in order"
FILE_MODE = "Clary, File mode"
READER = CLIENT.with_name("read_files.py")
FAST_FILE = CLIENT.with_name("read_fast_file.py")


def measure(bench: Bench) -> Result:
    result = Result("FastFile across network namespaces")
    if why := missing():
        result.notes.append(why)
        return result
    with machines(1) as network, clary_server(bench.folder, {"CLARY_HOST": "0.0.0.0"}) as served:
        jobs = Jobs.on(served)
        large = random_file(bench.folder / "large", SIZE_BYTES)
        objects = [put_large(jobs, large, f"large/{number}") for number in range(COUNT)]
        url = f"http://{network.address}:{urlsplit(served.url).port}"
        environ = {**served.environ, "AWS_ENDPOINT_URL": url, "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
        environ["PYTHONPATH"] = str(CLIENT.parent.parent.parent / "src")
        names = itertools.count()

        def turn(script: Callable[[str], str], each_bytes: int) -> Callable[[], float]:
            def run() -> float:
                folder = f"/tmp/came-{next(names)}"
                return _seconds(network[0], script(folder), folder, environ, each_bytes * COUNT)

            return run

        for what, each_bytes in ((FIRST, MIB), (WHOLE, SIZE_BYTES)):
            read = f"{sys.executable} {READER} $0 {each_bytes}"
            asked = {"bucket": BUCKET, "objects": objects}

            def fast(folder: str, each_bytes: int = each_bytes, asked: dict[str, object] = asked) -> str:
                words = json.dumps({**asked, "folder": folder, "most_bytes": each_bytes})
                return f"CLARY_NODE_CACHE=$0-cache {sys.executable} {FAST_FILE} '{words}'"

            def whole(folder: str, read: str = read, asked: dict[str, object] = asked) -> str:
                words = json.dumps({**asked, "folder": folder})
                return f"{sys.executable} {CLIENT} '{words}' > /dev/null && {read}"

            def mounted(_folder: str, read: str = read) -> str:
                options = f"ro,url={url},use_path_request_style"
                return f"{_s3fs()} {BUCKET} $0 -o {options} && {read}; umount -l $0"

            turns = {
                CLARY: turn(fast, each_bytes),
                FILE_MODE: turn(whole, each_bytes),
                "s3fs": turn(mounted, each_bytes),
            }
            for who, seconds in bench.in_turns(turns, result.notes).items():
                result.add(what, who, "s", seconds)
    for what in (FIRST, WHOLE):
        best = result.best_peer(what)
        if best is not None:
            result.budget_at_least(
                f"{what}: not slower than {best.who}", result.clary_over(best), 1.0, "times"
            )
    result.notes.append("the time of each includes the start of its program, and that of what reads")
    return result


def _s3fs() -> str:
    found = shutil.which("s3fs")
    if found is None:
        raise PeerMissing("s3fs is not installed: apt-get install s3fs")
    return found


def _seconds(machine: Machine, script: str, folder: str, environ: dict[str, str], wanted_bytes: int) -> float:
    keys = {
        "AWSACCESSKEYID": environ["AWS_ACCESS_KEY_ID"],
        "AWSSECRETACCESSKEY": environ["AWS_SECRET_ACCESS_KEY"],
    }
    machine.run(["mkdir", "-p", folder])
    began = time.perf_counter()
    said = machine.run(["sh", "-c", script, folder], environ={**environ, **keys}, timeout_s=300.0)
    seconds = time.perf_counter() - began
    machine.run(["rm", "-rf", folder, f"{folder}-cache"])
    if said.split()[-1:] != [str(wanted_bytes)]:
        raise RuntimeError(f"not everything was read: {said[-500:]}")
    return seconds
