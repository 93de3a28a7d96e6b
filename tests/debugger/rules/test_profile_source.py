from __future__ import annotations

import json
from typing import TYPE_CHECKING

from clary.debugger.rules.profile_files import LocalProfileFiles
from clary.debugger.rules.profile_source import ProfileSource

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MINUTE = 1_591_160_700


def write_system(root: Path, minute: int, *offsets_s: float, host: str = "algo-1") -> Path:
    path = root / "system" / "incremental" / "2020060305" / f"{minute}.{host}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for offset in offsets_s:
            event = {
                "Type": "cpu",
                "Name": "cpu0",
                "Dimension": "CPUUtilization",
                "Value": 12.5,
                "NodeId": host,
            }
            file.write(json.dumps({**event, "Timestamp": minute + offset}) + "\n")
    return path


def write_timeline(root: Path, *durations_us: float) -> None:
    start = MINUTE * 1_000_000
    phases = [
        {"name": "process_name", "ph": "M", "pid": 0, "args": {"start_time_since_epoch_in_micros": start}},
        {"name": "process_sort_index", "ph": "M", "pid": 0, "args": {"sort_index": 0}},
        {"name": "process_name", "ph": "M", "pid": 1, "args": {"name": "Step:ModeKeys.TRAIN"}},
        {"name": "process_sort_index", "ph": "M", "pid": 1, "args": {"sort_index": 1}},
    ]
    events = [
        {
            "name": "Step:ModeKeys.TRAIN",
            "ph": "X",
            "pid": 1,
            "ts": 100 * i,
            "dur": duration,
            "args": {"step_num": str(i)},
        }
        for i, duration in enumerate(durations_us)
    ]
    path = root / "framework" / "pevents" / "2020060305" / f"{start + 5}_77-algo-1_pythontimeline.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([*phases, *events]))


def source(root: Path) -> ProfileSource:
    return ProfileSource(LocalProfileFiles(root))


def test_a_window_is_returned_after_a_later_event(tmp_path: Path) -> None:
    profile = source(tmp_path)
    write_system(tmp_path, MINUTE, 0.5, 1.0, 59.5)
    assert list(profile.poll()) == []

    write_system(tmp_path, MINUTE + 60, 0.5, 1.0)
    (window,) = profile.poll()

    assert [event.time_s - MINUTE for event in window.system] == [0.5, 1.0, 59.5]
    assert (window.number, window.system[0].node, window.system[0].value) == (0, "algo-1", 12.5)


def test_the_last_window_is_returned_at_the_end(tmp_path: Path) -> None:
    profile = source(tmp_path)
    write_system(tmp_path, MINUTE, 0.5, 30.0)

    (window,) = profile.poll(final=True)

    assert len(window.system) == 2
    assert list(profile.poll(final=True)) == []


def test_windows_do_not_depend_on_when_the_files_are_read(tmp_path: Path) -> None:
    often, once = source(tmp_path), source(tmp_path)
    seen = []
    for minute in range(5):
        write_system(tmp_path, MINUTE + 60 * minute, 0.5, 20.0, 40.0)
        seen += list(often.poll())
    seen += list(often.poll(final=True))

    assert seen == list(once.poll(final=True))


def test_an_incomplete_line_is_read_when_it_is_complete(tmp_path: Path) -> None:
    profile = source(tmp_path)
    path = write_system(tmp_path, MINUTE, 0.5)
    whole = path.read_text()
    path.write_text(whole + whole[:20])
    list(profile.poll())
    path.write_text(whole + whole)

    (window,) = profile.poll(final=True)

    assert len(window.system) == 2


def test_timelines_give_absolute_times_phases_and_steps(tmp_path: Path) -> None:
    write_timeline(tmp_path, 50.0, 60.0)

    (window,) = source(tmp_path).poll(final=True)

    first, second = window.framework
    assert (first.node, first.phase, first.step) == ("77-algo-1", "Step:ModeKeys.TRAIN", 0)
    assert second.start_us == MINUTE * 1e6 + 100
    assert second.duration_us == 60.0


def test_an_invalid_file_is_skipped_with_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_system(tmp_path, MINUTE)
    path.write_text("not json\n")
    write_system(tmp_path, MINUTE + 60, 0.5)

    (window,) = source(tmp_path).poll(final=True)

    assert len(window.system) == 1
    assert f"{MINUTE}.algo-1.json is no profile file" in capsys.readouterr().err


def test_a_missing_folder_has_no_windows(tmp_path: Path) -> None:
    assert list(source(tmp_path / "later").poll()) == []
