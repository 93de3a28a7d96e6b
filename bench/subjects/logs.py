"""Log lines: how many arrive per second, and the time until a reader gets a line."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from bench.harness.jobs import LOG_GROUP, Jobs
from bench.harness.results import CLARY, Result
from bench.harness.servers import clary_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.harness.bench import Bench

MANY = 100_000
SLOW = 60
FLOOD = f"""\
import time
print(f"began {{time.time():.6f}}", flush=True)
for number in range({MANY}):
    print(f"line {{number}} of a log that is as long as they often are, loss=0.123456")
"""
DRIP = f"""\
import time
for number in range({SLOW}):
    print(f"at {{time.time():.6f}}", flush=True)
    time.sleep(0.05)
"""
RATE, DELAY = "lines a second, printed to readable", "printed to read, one line each 50 ms"
TIMEOUT_S = 90.0


def measure(bench: Bench) -> Result:
    result = Result("Log lines")
    with clary_server(bench.folder) as served:
        jobs = Jobs.on(served)
        flood, drip = jobs.send_script("flood", FLOOD), jobs.send_script("drip", DRIP)
        jobs.run("warm", drip)
        for turn in range(bench.rounds):
            jobs.sagemaker.create_training_job(**jobs.request(f"drip-{turn}", drip))
            delays = [seen - float(line.split()[1]) for seen, line in _follow(jobs, f"drip-{turn}", SLOW)]
            delays.sort()
            result.add(f"{DELAY}, run {turn + 1}", CLARY, "ms", [1e3 * delay for delay in delays])
            jobs.wait(f"drip-{turn}")
        rates = []
        for turn in range(bench.rounds):
            jobs.sagemaker.create_training_job(**jobs.request(f"flood-{turn}", flood))
            lines = list(_follow(jobs, f"flood-{turn}", MANY + 1))
            rates.append(MANY / (lines[-1][0] - float(lines[0][1].split()[1])))
            jobs.wait(f"flood-{turn}")
        result.add(RATE, CLARY, "lines/s", rates)
    worst = max(max(row.values) for row in result.rows if row.what.startswith(DELAY))
    result.budget_at_most(
        "a line reaches its reader within 500 ms (the slowest one seen)", worst, 500.0, "ms"
    )
    return result


def _follow(jobs: Jobs, name: str, count: int) -> Iterator[tuple[float, str]]:
    """(time of reading, line) of the first ``count`` lines. Asks every 10 ms for the next page."""
    deadline = time.time() + TIMEOUT_S
    while not jobs.lines(name):
        _check(deadline, name, 0)
        time.sleep(0.01)
    stream = jobs.logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")[
        "logStreams"
    ][0]
    where = {"logGroupName": LOG_GROUP, "logStreamName": stream["logStreamName"], "startFromHead": True}
    token: dict[str, str] = {}
    for read in itertools.count():
        page = jobs.logs.get_log_events(**where, **token)
        now = time.time()
        token = {"nextToken": page["nextForwardToken"]}
        for event in page["events"]:
            yield now, event["message"]
            count -= 1
        if count <= 0:
            return
        if not page["events"]:
            _check(deadline, name, read)
            time.sleep(0.01)


def _check(deadline: float, name: str, read: int) -> None:
    if time.time() > deadline:
        raise RuntimeError(f"the lines of {name} did not come within {TIMEOUT_S:.0f} s ({read} pages read)")
