"""Follows a job: passes on its log lines and its states as they appear."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from clary.cli.job_kinds import TRAINING, CliKind

TERMINAL = ("Completed", "Failed", "Stopped")
POLL_S = 0.25

BATCH = 500
"""Lines that are printed together: a spinner is drawn again after each printing."""


class JobLine(NamedTuple):
    """at_ms: when the host read the line."""

    at_ms: int
    host: str
    text: str


def follow(
    sagemaker: Any,
    logs: Any,
    name: str,
    *,
    on_lines: Callable[[list[JobLine]], None],
    on_state: Callable[[dict[str, Any]], None],
    wait: bool = True,
    kind: CliKind = TRAINING,
) -> dict[str, Any]:
    """Calls ``on_lines(lines)`` and ``on_state(description)`` until the job has ended.

    Returns the last description. With ``wait`` false it passes on what there is now and returns. Lines of
    several hosts that are read in one poll are sorted by time.
    """
    tokens: dict[str, str] = {}
    while True:
        description: dict[str, Any] = kind.describe(sagemaker, name)
        on_state(description)
        streams = _streams(logs, kind.log_group, f"{name}/")
        deliver_new(logs, kind.log_group, streams, tokens, on_lines)
        if kind.status(description) in TERMINAL or not wait:
            return description
        time.sleep(POLL_S)


def deliver_new(
    logs: Any,
    log_group: str,
    streams: list[str],
    tokens: dict[str, str],
    on_lines: Callable[[list[JobLine]], None],
) -> None:
    """Calls ``on_lines`` with the lines that each stream has after its token, and updates ``tokens``."""
    # The merge requests pages of a stream one by one: a log may be larger than memory.
    new = heapq.merge(
        *(_new_lines(logs, log_group, stream, tokens) for stream in streams), key=lambda line: line.at_ms
    )
    while batch := list(islice(new, BATCH)):
        on_lines(batch)


def last_lines(logs: Any, log_group: str, name: str, count: int) -> list[str]:
    """Returns the last ``count`` lines of a job's log, all hosts together."""
    lines: list[JobLine] = []
    for stream in _streams(logs, log_group, f"{name}/"):
        page = logs.get_log_events(
            logGroupName=log_group, logStreamName=stream, startFromHead=False, limit=count
        )
        lines += [JobLine(event["timestamp"], _host(stream), event["message"]) for event in page["events"]]
    many = len({line.host for line in lines}) > 1
    lines.sort(key=lambda line: line.at_ms)
    return [f"{line.host} | {line.text}" if many else line.text for line in lines[-count:]]


def all_streams(logs: Any, log_group: str) -> list[str]:
    """Returns the names of the streams of a log group; none when there is no such group."""
    return _streams(logs, log_group)


def whole_stream(logs: Any, log_group: str, stream: str) -> list[str]:
    """Returns every line of one log stream."""
    return [line.text for line in _new_lines(logs, log_group, stream, {})]


def _new_lines(logs: Any, log_group: str, stream: str, tokens: dict[str, str]) -> Iterator[JobLine]:
    host = _host(stream)
    while True:
        asked = tokens.get(stream)
        more = {"nextToken": asked} if asked else {}
        page = logs.get_log_events(logGroupName=log_group, logStreamName=stream, startFromHead=True, **more)
        for event in page["events"]:
            yield JobLine(event["timestamp"], host, event["message"])
        tokens[stream] = page["nextForwardToken"]
        if not page["events"] or tokens[stream] == asked:
            break


def _streams(logs: Any, log_group: str, prefix: str = "") -> list[str]:
    narrowed = {"logStreamNamePrefix": prefix} if prefix else {}
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=log_group, **narrowed)
    try:
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def _host(stream: str) -> str:
    return stream.rpartition("/")[2].rpartition("-")[0]
