"""Reads the windows of a job's profile when their files appear.

    <root>/system/incremental/<hour>/<minute>.algo-<n>.json    lines of JSON, one event each
    <root>/framework/pevents/<hour>/<end>_<node>_<kind>.json   Chrome traces; times relative to a start

A window is returned after an event behind its end was read, or at the end of the job. So the windows do not
depend on when the files are read.
"""

from __future__ import annotations

import bisect
import json
import math
import sys
from typing import TYPE_CHECKING, Any

from .profile import FrameworkEvent, SystemEvent, Window
from .profile_files import ProfileFiles, is_framework_file, is_system_file, node_and_source

if TYPE_CHECKING:
    from collections.abc import Iterator

Event = SystemEvent | FrameworkEvent


class ProfileSource:
    """Reads the windows of one profile. interval_s: the length of a window. For one thread."""

    def __init__(self, files: ProfileFiles, *, interval_s: float = 60.0) -> None:
        self._files = files
        self._interval_s = interval_s
        self._read_size: dict[str, int] = {}
        self._waiting: list[tuple[float, int, Event]] = []
        self._count = 0
        self._number = 0
        self._start_s: float | None = None

    def poll(self, *, final: bool = False) -> Iterator[Window]:
        """The windows that are complete now, in order. final: also the last window, which is not full."""
        for path, size in self._files.list():
            before = self._read_size.get(path, 0)
            if size > before:
                self._read(path, before, size)
        while self._waiting:
            if self._start_s is None:
                self._start_s = self._waiting[0][0]
            end_s = self._start_s + self._interval_s
            if self._waiting[-1][0] < end_s and not final:
                return
            yield self._window(
                self._start_s, min(end_s, math.nextafter(self._waiting[-1][0], math.inf)) if final else end_s
            )

    def _window(self, start_s: float, end_s: float) -> Window:
        cut = bisect.bisect_left(self._waiting, end_s, key=lambda entry: entry[0])
        events = [event for _, _, event in self._waiting[:cut]]
        del self._waiting[:cut]
        window = Window(
            self._number,
            start_s,
            end_s,
            tuple(event for event in events if isinstance(event, SystemEvent)),
            tuple(event for event in events if isinstance(event, FrameworkEvent)),
        )
        self._number += 1
        self._start_s = end_s
        return window

    def _read(self, path: str, before: int, size: int) -> None:
        content = self._files.read(path)
        try:
            if is_system_file(path):
                # Read complete lines only; the last line may still be incomplete.
                whole = content.rfind(b"\n") + 1
                events: list[Event] = [
                    _system_event(line) for line in content[before:whole].splitlines() if line
                ]
                self._read_size[path] = max(before, whole)
            elif is_framework_file(path):
                events = list(_framework_events(path, json.loads(content)))
                self._read_size[path] = size
            else:
                self._read_size[path] = size
                return
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            print(f"{path} is no profile file and is left out: {error!r}", file=sys.stderr)
            self._read_size[path] = size
            return
        for event in events:
            at_s = event.time_s if isinstance(event, SystemEvent) else event.end_us / 1e6
            if not math.isfinite(at_s):
                continue  # no window would ever reach it
            self._count += 1
            bisect.insort(self._waiting, (at_s, self._count, event))


def _system_event(line: bytes) -> SystemEvent:
    event = json.loads(line)
    return SystemEvent(
        str(event["NodeId"]),
        str(event["Dimension"]),
        str(event.get("Name") or ""),
        float(event["Timestamp"]),
        float(event["Value"]),
    )


def _framework_events(path: str, trace: list[dict[str, Any]]) -> Iterator[FrameworkEvent]:
    node, source = node_and_source(path)
    phases: dict[int, str] = {}
    start_us = 0.0
    for event in trace:
        arguments = event.get("args") or {}
        if event.get("ph") == "M" and event.get("name") == "process_name":
            phases[event.get("pid", 0)] = str(arguments.get("name", ""))
            start_us = float(arguments.get("start_time_since_epoch_in_micros", start_us))
        elif event.get("ph") == "X":
            begin = start_us + float(event["ts"])
            yield FrameworkEvent(
                node,
                phases.get(event.get("pid", 0)) or str(event["name"]),
                str(event["name"]),
                begin,
                begin + float(event["dur"]),
                int(arguments.get("step_num", -1)),
                int(arguments.get("pid", 0)),
                source,
                tuple((str(name), str(value)) for name, value in arguments.items()),
            )
