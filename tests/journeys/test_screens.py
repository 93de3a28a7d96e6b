"""The screen while a job runs: the whole log, and a spinner in the last line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.journeys.jobs import LOG_GROUP, TRAINING, Jobs, unique_name
from tests.journeys.server import Clients, Server
from tests.journeys.terminal import on_screen

EIGHT_LINES = ("--", "--lines", "8", "--seconds", "2")


@pytest.mark.parametrize("columns", [80, 130])
def test_the_log_of_a_job_stays_on_the_screen(server: Server, columns: int) -> None:
    name = unique_name("seen")
    script = str(TRAINING / "counting.py")

    trained = on_screen(server, columns, "train", script, "--image", "python", "--name", name, *EIGHT_LINES)
    again = on_screen(server, columns, "rerun", name, "--name", f"{name}-again")

    for seen in (trained, again):
        lines = [line.partition(" loss")[0] for line in seen.lines if line.startswith("line ")]
        assert lines == [f"line {number}" for number in range(8)]
        assert any("Training" in frame for frame in seen.frames)
        assert not any("Training -" in line for line in seen.lines)


def test_a_log_that_is_followed_stays_on_the_screen(server: Server, jobs: Jobs) -> None:
    name = jobs.create("counting.py", hyperparameters={"lines": 8, "seconds": 2}, instances=2)

    followed = on_screen(server, 80, "logs", "-f", name)

    for host in ("algo-1", "algo-2"):
        lines = [line.partition(" loss")[0] for line in followed.lines if line.startswith(f"{host} | line")]
        assert lines == [f"{host} | line {number}" for number in range(8)]


def test_the_lines_of_two_hosts_are_sorted_by_time(server: Server, jobs: Jobs, clients: Clients) -> None:
    name = jobs.run("counting.py", hyperparameters={"lines": 8, "seconds": 2}, instances=2)["TrainingJobName"]

    said = server.command("logs", name).stdout.splitlines()

    logs = clients("logs")
    at_ms: dict[str, list[int]] = {}
    for host in ("algo-1", "algo-2"):
        (stream,) = logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/{host}-")[
            "logStreams"
        ]
        page = logs.get_log_events(
            logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], startFromHead=True
        )
        at_ms[host] = [event["timestamp"] for event in page["events"]]
    hosts = [line.partition(" | ")[0] for line in said]
    seen = {host: iter(instants) for host, instants in at_ms.items()}
    told = [next(seen[host]) for host in hosts]
    assert told == sorted(told)
    assert hosts.index("algo-2") < len(hosts) - 1 - hosts[::-1].index("algo-1")


def test_a_failure_is_the_last_that_is_seen_and_the_exit_code(server: Server, tmp_path: Path) -> None:
    script = str(TRAINING / "ending.py")

    seen = on_screen(
        server, 80, "train", script, "--image", "python", "--", "--how", "raise", expect=1, cwd=tmp_path
    )

    assert "ValueError: the learning rate must not be 42" in "".join(seen.lines[-4:])
