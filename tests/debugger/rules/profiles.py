"""Builds profiles for tests, and returns the findings of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clary.debugger.rules.profile import (
    CPU,
    GPU,
    GPU_MEMORY,
    IO_WAIT,
    FrameworkEvent,
    Profile,
    SystemEvent,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clary.debugger.rules import Finding
    from clary.debugger.rules.profile_rule import ProfilerRule, RuleReport

START_S = 1_700_000_000.0
PERIOD_S = 0.5


def system(
    node: str = "algo-1",
    *,
    cpu: Sequence[Iterable[float]] = (),
    io: Sequence[Iterable[float]] = (),
    gpu: Sequence[Iterable[float]] = (),
    gpu_memory: Sequence[Iterable[float]] = (),
) -> list[SystemEvent]:
    """A value every half second for each core and GPU."""
    devices = [("cpu", CPU, cpu), ("cpu", IO_WAIT, io), ("gpu", GPU, gpu), ("gpu", GPU_MEMORY, gpu_memory)]
    return [
        SystemEvent(node, dimension, f"{kind}{number}", START_S + PERIOD_S * i, float(value))
        for kind, dimension, of_devices in devices
        for number, values in enumerate(of_devices)
        for i, value in enumerate(values)
    ]


def steps(durations_s: Iterable[float], kind: str = "TRAIN", node: str = "0-algo-1") -> list[FrameworkEvent]:
    """Consecutive steps."""
    name, at, made = f"Step:ModeKeys.{kind}", START_S * 1e6, []
    for number, duration in enumerate(durations_s):
        made.append(FrameworkEvent(node, name, name, at, at + duration * 1e6, number, 1))
        at += duration * 1e6
    return made


def a_window(
    system_events: Iterable[SystemEvent] = (),
    framework: Iterable[FrameworkEvent] = (),
    *,
    number: int = 0,
    start_s: float = START_S,
    length_s: float = 60.0,
) -> Window:
    return Window(number, start_s, start_s + length_s, tuple(system_events), tuple(framework))


def evaluated(rule: ProfilerRule, *windows: Window) -> tuple[list[Finding], RuleReport]:
    """All findings, and the report at the end."""
    profile, report, found = Profile(), rule.report(), []
    for window in windows:
        profile.add(window)
        found += list(rule.check(profile, report))
    return found, report


def constant(value: float, count: int = 1200) -> Any:
    return np.full(count, value)
