"""Reading a whole trial: many small tensors or few large ones; from disk, from memory, and from S3."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.harness.bench import run_client
from bench.harness.peers import peer_environment
from bench.harness.processes import clean_environ
from bench.harness.results import CLARY, Result
from bench.harness.servers import REGION, clary_server
from bench.harness.trials import drop_from_cache, write_trial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.harness.bench import Bench
    from bench.harness.servers import Served

SMDEBUG, BY_STEPS = "smdebug", "Clary, whole steps"
LIBRARIES = {CLARY: "clary", BY_STEPS: "clary-steps", SMDEBUG: "smdebug"}
BUCKET = "trials"


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a trial. On S3 it has fewer steps, because smdebug makes one request for each tensor."""

    name: str
    tensors: int
    elements: int
    local_steps: int
    s3_steps: int

    def title(self, steps: int) -> str:
        return f"{steps * self.tensors:,} tensors of {self.name}"

    def write(self, folder: Path, steps: int) -> Path:
        return write_trial(folder, steps, {f"layer{n}.weight": self.elements for n in range(self.tensors)})


SHAPES = (Shape("4 KB", 200, 1_000, 40, 5), Shape("10 MB", 4, 2_500_000, 10, 2))


def measure(bench: Bench) -> Result:
    result = Result("Reading a trial")
    libraries = LIBRARIES if bench.with_peers else {k: v for k, v in LIBRARIES.items() if k != SMDEBUG}
    totals: dict[str, set[tuple[int, float]]] = {}

    def take(what: str, turns: dict[str, Callable[[], dict[str, float]]]) -> None:
        for who, found in bench.in_turns(turns, result.notes).items():
            result.add(what, who, "MB/s", [each["bytes"] / each["s"] / 1e6 for each in found])
            result.add(f"{what}: CPU", who, "s", [each["cpu_s"] for each in found])
            totals.setdefault(what, set()).update((int(e["values"]), round(e["total"], 1)) for e in found)

    for shape in SHAPES:
        folder = shape.write(bench.folder / f"local-{shape.tensors}", shape.local_steps)
        for cached in (False, True):
            what = f"{shape.title(shape.local_steps)}, {'in memory' if cached else 'from disk'}"
            take(what, {who: partial(_local, library, folder, cached) for who, library in libraries.items()})
    with clary_server(bench.folder) as served:
        for shape in SHAPES:
            path = _send(served, shape.write(bench.folder / f"s3-{shape.tensors}", shape.s3_steps))
            turns = {who: partial(_read, library, path, served) for who, library in libraries.items()}
            take(f"{shape.title(shape.s3_steps)}, from Clary's S3", turns)
    for what, seen in totals.items():
        if len({values for values, _ in seen}) != 1:
            result.notes.append(f"{what}: not all have read the same values: {sorted(seen)}")
    result.notes.append(
        "smdebug runs on numpy 1.26 and waits 1 s when it sees that a training has ended, which is in its "
        "figures; the files are written by Clary, and every value is added up"
    )
    return result


def _local(library: str, folder: Path, cached: bool) -> dict[str, float]:
    if not cached:
        drop_from_cache(folder)
    return _read(library, str(folder), None)


def _read(library: str, path: str, served: Served | None) -> dict[str, float]:
    python = peer_environment("smdebug") / "python" if library == "smdebug" else sys.executable
    environ = served.environ if served is not None else clean_environ()
    found: dict[str, float] = run_client(
        "read_trial.py",
        {**environ, "AWS_REGION": REGION, "USE_SMDEBUG": "0"},
        python=python,
        library=library,
        path=path,
        timeout_s=600,
    )
    return found


def _send(served: Served, folder: Path) -> str:
    """Uploads a trial. Returns its s3:// path."""
    assert served.connection is not None
    s3: Any = served.connection.client("s3")
    if BUCKET not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET)
    for path in folder.rglob("*"):
        if path.is_file():
            s3.put_object(
                Bucket=BUCKET, Key=f"{folder.name}/{path.relative_to(folder)}", Body=path.read_bytes()
            )
    return f"s3://{BUCKET}/{folder.name}"
