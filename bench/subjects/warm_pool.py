"""The start of a job with and without a warm pool: on a machine that is free, and on one with a queue."""

from __future__ import annotations

import functools
import itertools
import time
from typing import TYPE_CHECKING

from bench.harness.jobs import FIRST_LINE, Jobs
from bench.harness.results import Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from bench.harness.bench import Bench

BEFORE, EACH_S = 4, 4
"""Jobs that are asked for before the one that is timed, and how long each works."""

FREE = "to the first line, the machine is free"
QUEUED = f"to the first line, behind {BEFORE} jobs of {EACH_S} s"
POOL, COLD = "in a warm pool", "without"

KEEP_S = 600


def measure(bench: Bench) -> Result:
    result = Result("Start of a job with a warm pool")
    with clary_server(bench.folder) as served:
        start = _Start(Jobs.on(served))
        start.cold()  # the first one builds the environment where it is missing
        for metric, busy in ((FREE, False), (QUEUED, True)):
            contestants = {
                COLD: functools.partial(start.cold, busy=busy),
                POOL: functools.partial(start.in_a_pool, busy=busy),
            }
            for who, seen in bench.in_turns(contestants, result.notes).items():
                result.add(metric, who, "s", seen)
    result.notes.append(
        "A pool keeps a part of the machine and a cache folder, no process: what it saves is the queue, and "
        "what the job finds in its cache"
    )
    return result


class _Start:
    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._script = jobs.send_script("first-line", FIRST_LINE)
        self._work = jobs.send_script("work", f"import time; time.sleep({EACH_S})")
        self._numbers = itertools.count()

    def cold(self, *, busy: bool = False) -> float:
        return self._timed({}, busy=busy)

    def in_a_pool(self, *, busy: bool = False) -> float:
        """Makes a pool, takes it with the job that is timed, and ends it."""
        keeps = {"KeepAlivePeriodInSeconds": KEEP_S}
        self._timed(keeps, busy=False)
        return self._timed({}, busy=busy)

    def _timed(self, keeps: dict[str, int], *, busy: bool) -> float:
        """Returns the seconds from the request to the first line. keeps: of ResourceConfig."""
        before = [self._create(self._work, {"VolumeSizeInGB": 2}) for _ in range(BEFORE if busy else 0)]
        began = time.time()
        name = self._create(self._script, keeps)
        self._jobs.wait(name)
        found = self._jobs.first_line_at(name) - began
        for other in before:
            self._jobs.wait(other)
        return found

    def _create(self, script: dict[str, str], members: dict[str, int]) -> str:
        name = f"pool-{next(self._numbers)}"
        request = self._jobs.request(name, script)
        request["ResourceConfig"] |= members
        self._jobs.sagemaker.create_training_job(**request)
        return name
