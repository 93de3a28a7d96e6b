"""Faults that end a host early, and faults that must not."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, make_spec, shell, until
from tests.host.standin import Standin

from clary.domain.hosts import ChannelSpec
from clary.host.processes import command_line, everything

Launch = Callable[..., RunningAgent]


def test_every_report_arrives_in_the_end_through_faults(launch: Launch, standin: Standin) -> None:
    standin.fault = lambda name, count: ("drop", "lose", "500")[count % 3] if count < 3 else None

    launch(**shell("echo hello")).wait()

    assert standin.lines == ["hello"]
    assert standin.reports[-1]["Outcome"] == "Succeeded"


def test_a_host_that_starts_while_the_server_is_away_waits_for_it(launch: Launch, standin: Standin) -> None:
    standin.stop()
    agent = launch(**shell("echo hello"))
    until(lambda: (agent.folder / "work/log.spool").exists())

    standin.start()

    agent.wait()
    assert standin.lines == ["hello"]


def test_a_stop_while_waiting_for_the_server_is_heard(launch: Launch, standin: Standin) -> None:
    standin.denied = set()
    standin.fault = lambda name, _count: "drop" if name == "RoleCredentials" else None
    agent = launch(**shell("echo never"))
    until(lambda: "RoleCredentials" in standin.calls)

    agent.process.send_signal(signal.SIGTERM)

    assert agent.wait()["Outcome"] == "Stopped"
    assert standin.lines == []


def test_a_server_in_trouble_does_not_end_a_running_job(launch: Launch, standin: Standin) -> None:
    standin.fault = lambda name, count: "500" if name == "ReportHost" and count < 5 else None

    launch(**shell("sleep 0.3; echo done")).wait()

    assert standin.lines == ["done"]
    assert standin.reports[-1]["Outcome"] == "Succeeded"


def test_a_server_of_another_version_ends_the_host_with_its_own_words(
    launch: Launch, standin: Standin
) -> None:
    """As when Clary was installed anew while the job ran."""
    agent = launch(**shell("echo up; exec sleep 4567.5"))
    until(lambda: "up" in standin.lines)
    standin.fault = lambda name, _count: "other" if name == "ReportHost" else None

    agent.process.terminate()

    assert agent.process.wait(90) == 1
    assert not (agent.folder / "exit.json").exists()
    assert agent.log.splitlines()[-1] == "told OtherVersion"
    until(lambda: not [pid for pid in everything() if command_line(pid)[:2] == ["sleep", "4567.5"]])


def test_a_missing_entry_point_is_explained(launch: Launch, standin: Standin, sandbox: object) -> None:
    launch(entrypoint=("/no/such/program",)).wait()

    said = "/no/such/program: No such file or directory"
    reason = standin.reports[-1]["Reason"]
    assert standin.reports[-1]["Outcome"] == "Failed"
    assert standin.lines == [said]
    assert f'ErrorMessage "{said}"' in reason
    assert "Hint: /no/such/program is not a program that this image can run" in reason


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small file system (root)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def run_on(disk: Path, standin: Standin, **changes: object) -> dict[str, object]:
    agent = RunningAgent(disk / "host", make_spec(standin, **changes))
    agent.wait(60)
    report: dict[str, object] = standin.reports[-1]
    return report


def test_a_disk_that_is_full_while_downloading_is_the_reason(small_disk: Path, standin: Standin) -> None:
    standin.put("data", "d/large", os.urandom(5 << 20))

    report = run_on(small_disk, standin, **shell("true"), channels=(ChannelSpec("training", "s3://data/d/"),))

    assert report["Outcome"] == "ClientError"
    assert "No space left on device while downloading channel training" in str(report["Reason"])


def test_a_disk_that_is_full_while_uploading_is_the_reason(small_disk: Path, standin: Standin) -> None:
    script = "head -c 2000000 /dev/urandom > $SAGEMAKER_BASE_DIR/model/w"

    report = run_on(small_disk, standin, **shell(script))

    assert report["Outcome"] == "ClientError"
    assert "No space left on device while uploading" in str(report["Reason"])


def test_log_lines_on_a_full_disk_wait_for_space(small_disk: Path, standin: Standin) -> None:
    fill = "head -c 9000000 /dev/zero > $TMPDIR/fill; echo one; sleep 0.2; rm $TMPDIR/fill; echo two"

    report = run_on(small_disk, standin, **shell(fill))

    assert report["Outcome"] == "Succeeded", report
    assert [line for line in standin.lines if line in ("one", "two")] == ["one", "two"]
