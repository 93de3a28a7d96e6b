"""Following a job: its log lines and its states, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from clary.cli.job_kinds import TRAINING, CliKind

TERMINAL = ("Completed", "Failed", "Stopped")
LOOK_S = 0.25


def follow(
    sagemaker: Any,
    logs: Any,
    name: str,
    *,
    on_line: Callable[[str, str], None],
    on_state: Callable[[dict[str, Any]], None],
    wait: bool = True,
    kind: CliKind = TRAINING,
) -> dict[str, Any]:
    """Calls ``on_line(host, line)`` and ``on_state(description)`` until the job has ended.

    Answers its last description. With ``wait`` false, what is there now is told and nothing is waited for.
    """
    tokens: dict[str, str] = {}
    while True:
        description: dict[str, Any] = kind.describe(sagemaker, name)
        on_state(description)
        for stream, line in _new_lines(logs, kind.log_group, name, tokens):
            on_line(_host(stream), line)
        if kind.status(description) in TERMINAL or not wait:
            return description
        time.sleep(LOOK_S)


def _new_lines(logs: Any, log_group: str, name: str, tokens: dict[str, str]) -> Iterator[tuple[str, str]]:
    for stream in _streams(logs, log_group, name):
        while True:
            asked = tokens.get(stream)
            more = {"nextToken": asked} if asked else {}
            page = logs.get_log_events(
                logGroupName=log_group, logStreamName=stream, startFromHead=True, **more
            )
            for event in page["events"]:
                yield stream, event["message"]
            tokens[stream] = page["nextForwardToken"]
            if not page["events"] or tokens[stream] == asked:
                break


def _streams(logs: Any, log_group: str, name: str) -> list[str]:
    try:
        found = logs.describe_log_streams(logGroupName=log_group, logStreamNamePrefix=f"{name}/")
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [stream["logStreamName"] for stream in found["logStreams"]]


def _host(stream: str) -> str:
    return stream.rpartition("/")[2].rpartition("-")[0]
