"""A processing job's host, from its inputs to its outputs, with a real agent."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, environment, shell, until
from tests.host.standin import Standin

from clary.domain.hosts import ChannelSpec, OutputSpec, ProcessingSpec
from clary.host.inputs.channels import SMALL_CHANNEL_OBJECTS
from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]

ARN = "arn:aws:sagemaker:us-east-1:000000000000:processing-job/job"


def processing(script: str, **changes: Any) -> dict[str, Any]:
    """The changes of a spec that make it a processing job running a shell script."""
    return {
        "workload": ProcessingSpec(),
        "job_arn": ARN,
        "config_files": {"processingjobconfig.json": {"A": 1}, "resourceconfig.json": {"hosts": ["algo-1"]}},
        **shell(f"cd $SAGEMAKER_BASE_DIR && {script}"),
        **changes,
    }


def given(name: str, local_path: str, **changes: Any) -> ChannelSpec:
    return ChannelSpec(name, f"s3://data/{name}/", local_path=f"/opt/ml/processing/{local_path}", **changes)


def taken(name: str, local_path: str, **changes: Any) -> OutputSpec:
    return OutputSpec(name, f"s3://out/{name}", f"/opt/ml/processing/{local_path}", **changes)


def put_many(standin: Standin, prefix: str) -> int:
    """So many objects that they are linked, not copied."""
    for number in range(SMALL_CHANNEL_OBJECTS + 1):
        standin.put("data", f"{prefix}/{number:04}", b"x")
    return SMALL_CHANNEL_OBJECTS + 1


def test_inputs_become_outputs_and_the_message_is_told(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    standin.put("data", "in/a.txt", b"a")

    agent = launch(
        **processing(
            "cat processing/input/a.txt config/resourceconfig.json; echo; mkdir processing/out/deep; "
            "cp processing/input/a.txt processing/out/deep/b.txt; echo all good > output/message; "
            "echo $PROCESSING_JOB_NAME $TRAINING_JOB_NAME.",
            inputs=(given("in", "input"),),
            outputs=(taken("o", "out"),),
            notes=("the image is an older one",),
        )
    )

    assert agent.wait() == {"ExitCode": 0, "Outcome": "Succeeded"}
    assert standin.lines == ["Clary: the image is an older one", 'a{"hosts": ["algo-1"]}', "job ."]
    assert standin.objects["out", "o/deep/b.txt"] == b"a"
    report = standin.reports[-1]
    assert report["Message"] == "all good\n"
    assert [phase["Phase"] for phase in report["Phases"]] == [
        "Starting",
        "Downloading",
        "Processing",
        "Uploading",
        "Done",
    ]


def test_the_agent_speaks_as_a_host_of_its_kind(launch: Launch, standin: Standin) -> None:
    launch(**processing("true")).wait()

    assert standin.calls.count("ReportHost") > 0
    assert standin.hosts == {"processing-job/job/algo-1"}


def test_code_in_a_large_input_has_a_writable_folder_of_its_own(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    count = put_many(standin, "in")
    standin.put("data", "code/x.sh", b"echo from the code")

    agent = launch(
        **processing(
            "sh processing/input/code/x.sh; ls processing/input | wc -l; "
            "echo changed > processing/input/code/x.sh && echo writable; "
            "(echo changed > processing/input/0000) 2>/dev/null || echo read-only",
            inputs=(given("code", "input/code"), given("in", "input")),
        )
    )

    agent.wait()
    # Without a sandbox everything is a copy.
    expected = ["read-only"] if sandbox is not SandboxKind.NONE else []
    assert standin.lines == ["from the code", str(count + 1), "writable", *expected]
    assert standin.path_of("data", "in/0000").read_bytes() == b"x"
    assert standin.path_of("data", "code/x.sh").read_bytes() == b"echo from the code"


def test_large_code_may_be_unpacked_where_it_lies(launch: Launch, standin: Standin) -> None:
    put_many(standin, "code")

    launch(
        **processing("echo changed > processing/code/0000 && echo writable", inputs=(given("code", "code"),))
    ).wait()

    assert standin.lines == ["writable"]
    assert standin.path_of("data", "code/0000").read_bytes() == b"x"


def test_an_input_laid_over_objects_of_another_lets_nobody_write_to_them(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    put_many(standin, "in")
    standin.put("data", "in/code/stored", b"stored")
    standin.put("data", "code/x", b"x")

    launch(
        **processing(
            "for file in processing/input/code/*; do echo changed > $file; done; true",
            inputs=(given("in", "input"), given("code", "input/code")),
        )
    ).wait()

    assert standin.path_of("data", "in/code/stored").read_bytes() == b"stored"


def test_an_output_below_a_large_input_is_uploaded(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    put_many(standin, "in")

    launch(
        **processing(
            "echo r > processing/input/report/r.txt",
            inputs=(given("in", "input"),),
            outputs=(taken("o", "input/report"),),
        )
    ).wait()

    assert standin.objects["out", "o/r.txt"] == b"r\n"


@pytest.mark.parametrize("replaced", ["processing/out", "processing"])
def test_a_link_in_place_of_an_output_leads_nowhere(
    sandbox: SandboxKind, launch: Launch, standin: Standin, tmp_path: Path, replaced: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret").write_text("key")
    target = tmp_path / "out" if replaced == "processing/out" else tmp_path

    agent = launch(
        **processing(
            f"rm -r {replaced} && ln -s {target} {replaced}; rm -f output/message; "
            f"ln -s {tmp_path}/out/secret output/message",
            outputs=(taken("o", "out"), taken("c", "out", continuous=True)),
        )
    )

    agent.wait()
    assert [key for bucket, key in standin.objects if bucket == "out"] == []
    assert standin.reports[-1]["Message"] == ""


def test_an_output_that_holds_an_input_takes_it_along(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    count = put_many(standin, "in")

    launch(**processing("true", inputs=(given("in", "all/in"),), outputs=(taken("o", "all"),))).wait()

    assert len([key for bucket, key in standin.objects if bucket == "out"]) == count


@pytest.mark.parametrize("end", ["exit 3", "kill -9 $$"])
def test_a_failure_says_how_and_keeps_message_and_outputs(launch: Launch, standin: Standin, end: str) -> None:
    agent = launch(
        **processing(
            f"echo half > processing/out/half; echo stale data > output/message; {end}",
            outputs=(taken("o", "out"),),
        )
    )

    assert agent.wait()["Outcome"] == "Failed"
    report = standin.reports[-1]
    code = 3 if end == "exit 3" else 137
    assert report["Reason"].startswith(
        f"AlgorithmError: See job logs for more information, exit code: {code}"
    )
    assert report["Message"] == "stale data\n"
    assert standin.objects["out", "o/half"] == b"half\n"


def test_the_reason_has_the_scripts_last_error_line(launch: Launch, standin: Standin) -> None:
    launch(**processing("echo 'ValueError: the columns differ' >&2; exit 1")).wait()

    assert 'ErrorMessage "ValueError: the columns differ"' in standin.reports[-1]["Reason"]


def test_a_message_is_its_first_kilobyte_cut_between_characters(launch: Launch, standin: Standin) -> None:
    launch(**processing("for i in $(seq 600); do printf '\\303\\244'; done > output/message; true")).wait()
    exact = standin.reports[-1]
    launch(
        **processing("(printf x; for i in $(seq 600); do printf '\\303\\244'; done) > output/message")
    ).wait()
    cut = standin.reports[-1]

    assert exact["Message"] == "ä" * 512
    assert cut["Message"] == "x" + "ä" * 511
    assert cut["Outcome"] == "Succeeded"


def test_a_message_that_is_no_text_fails_the_job(launch: Launch, standin: Standin) -> None:
    agent = launch(**processing("printf '\\377\\376' > output/message"))

    assert agent.wait()["Outcome"] == "ClientError"
    assert "output/message is not text in UTF-8" in standin.reports[-1]["Reason"]


def test_continuous_output_is_in_s3_while_the_job_runs(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    agent = launch(
        **processing(
            "echo early > processing/out/early; while [ ! -e processing/in/go ] && sleep 0.1; do :; done",
            inputs=(),
            outputs=(taken("o", "out", continuous=True), taken("late", "late")),
        )
    )
    try:
        until(lambda: ("out", "o/early") in standin.objects, timeout_s=90)
    finally:
        agent.process.send_signal(signal.SIGTERM)

    assert agent.wait()["Outcome"] == "Stopped"


def test_a_stopped_job_delivers_what_it_has(launch: Launch, standin: Standin) -> None:
    agent = launch(
        **processing(
            "trap 'echo asked; exit 0' TERM; echo half > processing/out/half; echo begun; "
            "while sleep 0.05; do :; done",
            outputs=(taken("o", "out"),),
        )
    )
    until(lambda: "begun" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    assert agent.wait()["Outcome"] == "Stopped"
    assert "asked" in standin.lines
    assert standin.objects["out", "o/half"] == b"half\n"


def test_a_job_over_its_time_is_ended(launch: Launch) -> None:
    agent = launch(**processing("sleep 60", max_runtime_s=0.3, stop_grace_s=1.0))

    assert agent.wait()["Outcome"] == "MaxRuntimeExceeded"


def test_outputs_that_may_not_be_uploaded_fail_the_job(launch: Launch, standin: Standin) -> None:
    standin.denied.add("o/x")

    agent = launch(**processing("echo x > processing/out/x", outputs=(taken("o", "out"),)))

    assert agent.wait()["Outcome"] == "ClientError"
    assert "s3:PutObject" in standin.reports[-1]["Reason"]


def test_an_input_without_objects_is_named(launch: Launch, standin: Standin) -> None:
    agent = launch(**processing("true", inputs=(given("nothing", "input"),)))

    assert agent.wait()["Outcome"] == "ClientError"
    assert "no objects under s3://data/nothing/ (input nothing)" in standin.reports[-1]["Reason"]


def test_arguments_alone_are_the_command(launch: Launch, standin: Standin) -> None:
    launch(**processing("", entrypoint=(), arguments=("/bin/echo", "hello"))).wait()

    assert standin.lines == ["hello"]


def test_metric_lines_of_the_tracker_are_points_of_the_job(launch: Launch, standin: Standin) -> None:
    line = json.dumps({"MetricName": "rows", "Value": 12, "Timestamp": 5.0})

    launch(**processing(f"echo '{line}' > $SAGEMAKER_METRICS_DIRECTORY/1.json")).wait()

    assert standin.points == [["rows", 5.0, None, 12.0]]


def test_the_requirements_of_a_bundle_are_asked_of_the_layer_builder(
    launch: Launch, standin: Standin, tmp_path: Path
) -> None:
    bundle = io.BytesIO()
    with tarfile.open(fileobj=bundle, mode="w:gz") as archive:
        member = tarfile.TarInfo("requirements.txt")
        member.size = 6
        archive.addfile(member, io.BytesIO(b"pandas"))
    standin.put("data", "code/sourcedir.tar.gz", bundle.getvalue())
    builder = tmp_path / "builder"
    builder.write_text('#!/bin/sh\necho "asked for $(cat $1)" >&2\necho nothing\n')
    os.chmod(builder, 0o755)
    extended = replace(environment(), layer_builder=(str(builder),))
    agent = launch(**processing("true", inputs=(given("code", "input/code"),), environment=extended))

    assert agent.wait()["Outcome"] == "ClientError"
    assert "asked for pandas" in standin.lines
    assert "requirements.txt" in standin.reports[-1]["Reason"]


def test_a_job_without_a_command_fails_and_says_what_to_give(launch: Launch, standin: Standin) -> None:
    agent = launch(**processing("", entrypoint=(), arguments=()))

    assert agent.wait() == {"ExitCode": 0, "Outcome": "ClientError"}
    assert "has no entrypoint of its own" in standin.reports[-1]["Reason"]
