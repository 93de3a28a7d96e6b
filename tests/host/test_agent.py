from __future__ import annotations

import io
import os
import shutil
import signal
import tarfile
from collections.abc import Callable
from pathlib import Path

from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]


def unpacked(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isreg()}  # type: ignore[union-attr]


def test_a_job_runs_and_its_lines_model_and_report_arrive(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    agent = launch(**shell("echo one; echo two >&2; echo m > $SAGEMAKER_BASE_DIR/model/w"))

    assert agent.wait() == {"ExitCode": 0, "Outcome": "Succeeded"}
    assert standin.lines == ["one", "two"]
    report = standin.reports[-1]
    assert [phase["Phase"] for phase in report["Phases"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Done",
    ]
    assert (report["Outcome"], report["ExitCode"], report["ModelUploaded"]) == ("Succeeded", 0, True)
    assert unpacked(standin.objects["out", "job/output/model.tar.gz"]) == {"w": b"m\n"}


def test_scratch_is_gone_when_the_host_is_done(launch: Launch) -> None:
    agent = launch(**shell("cd $TMPDIR && mkdir locked && touch locked/x && chmod 000 locked"))

    agent.wait()

    assert sorted(os.listdir(agent.folder)) == ["agent.log", "exit.json", "spec.json"]


def test_a_private_host_has_its_own_name_paths_and_addresses(
    sandbox: SandboxKind, launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    if sandbox is SandboxKind.NONE:
        return
    secret = tmp_path / "secret"
    secret.write_text("key")

    launch(
        **shell(
            "hostname; getent hosts algo-2; cat /opt/ml/metadata/resource-metadata.json; echo;"
            f"test -e {secret} || echo hidden; test -w /proc/sys/kernel/core_pattern || echo safe;"
            "ls /proc | grep -c '^[0-9]' | { read n; test $n -lt 10 && echo few; };"
            "pwd; df -P /dev/shm | tail -1"
        )
    ).wait()

    name, address, metadata, *facts, _shm = standin.lines
    assert name == "algo-1"
    assert address.split() == ["127.9.0.2", "algo-2"]
    assert metadata == '{"ExecutionRoleArn": "arn:aws:iam::000000000000:role/trainer"}'
    assert facts == ["hidden", "safe", "few", "/"]


def test_a_failing_process_gives_its_own_last_error_line(launch: Launch, standin: Standin) -> None:
    program = 'import sys\nprint("working")\nraise ValueError("no such digit")'

    launch(entrypoint=("/usr/bin/env", "python3", "-c", program)).wait()

    report = standin.reports[-1]
    assert (report["Outcome"], report["ExitCode"]) == ("Failed", 1)
    assert report["Reason"].startswith(
        "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n"
        'ErrorMessage "ValueError: no such digit"\nCommand "'
    )


def test_the_text_of_the_failure_file_is_the_reason(launch: Launch, standin: Standin) -> None:
    launch(**shell("echo my own words > $SAGEMAKER_BASE_DIR/output/failure; exit 3")).wait()

    assert standin.reports[-1]["Reason"] == "AlgorithmError: my own words"


def test_a_failure_file_that_links_away_is_not_followed(
    sandbox: SandboxKind, launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key of the user")

    launch(**shell(f"ln -s {secret} $SAGEMAKER_BASE_DIR/output/failure; echo plain; exit 3")).wait()

    assert "key of the user" not in standin.reports[-1]["Reason"]
    assert secret.read_text() == "key of the user"


def test_a_killed_process_is_said_to_be_killed(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    launch(**shell("kill -9 $$")).wait()

    report = standin.reports[-1]
    assert report["ExitCode"] == 137
    assert "killed by SIGKILL" in report["Reason"]


def test_stop_reaches_the_process_and_its_outputs_are_uploaded(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    script = (
        "trap 'echo bye; echo late > $SAGEMAKER_BASE_DIR/model/w; exit 0' TERM;"
        "echo up; while :; do sleep 0.05; done"
    )
    agent = launch(**shell(script))
    until(lambda: "up" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    assert agent.wait()["Outcome"] == "Stopped"
    assert standin.lines[-1] == "bye"
    assert standin.reports[-1]["ModelUploaded"]


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    agent = launch(**shell("trap '' TERM; echo up; while :; do sleep 0.05; done"), stop_grace_s=0.2)
    until(lambda: "up" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    agent.wait()
    assert (standin.reports[-1]["Outcome"], standin.reports[-1]["ExitCode"]) == ("Stopped", 137)


def test_a_job_that_runs_too_long_is_ended(launch: Launch, standin: Standin) -> None:
    launch(**shell("exec sleep 60"), max_runtime_s=0.2).wait()

    assert standin.reports[-1]["Outcome"] == "MaxRuntimeExceeded"


def test_a_daemon_the_process_leaves_behind_dies_with_it(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    agent = launch(**shell("sleep 1234.5 & echo $!"))

    agent.wait()

    assert not any(b"1234.5" in command for command in commands())


def test_what_user_code_started_dies_with_a_killed_agent(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    if sandbox is SandboxKind.NONE:
        return
    agent = launch(**shell("sleep 2345.6 & echo up; sleep 2345.6"))
    until(lambda: "up" in standin.lines)

    agent.process.kill()

    until(lambda: not any(b"2345.6" in command for command in commands()))


def test_an_agent_without_its_folder_ends_and_takes_the_job_along(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    """As when the state of its server has been removed."""
    agent = launch(**shell("echo up; exec sleep 3456.7"))
    until(lambda: "up" in standin.lines)

    shutil.rmtree(agent.folder)

    agent.process.wait(timeout=120.0)
    until(lambda: not any(b"3456.7" in command for command in commands()))
    assert not agent.folder.exists()


def commands() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue
    return found
