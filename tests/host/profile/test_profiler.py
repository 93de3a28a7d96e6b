"""A profile on its way to S3, with real agents."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.host.sandbox import SandboxKind

Launch = Callable[..., RunningAgent]
PREFIX = "job/profiler-output/"
WORK = "while :; do :; done"
STEPS = "framework/pevents/2026112304/1790000000000000_0-algo-1_pythontimeline.json"
ONE_HOST = {"algo-1": "127.9.0.1"}


def profiled(interval_ms: int = 100, **config: Any) -> dict[str, Any]:
    """The changes of a spec that turn the profiler on."""
    given = {"S3OutputPath": "s3://profiles/", "ProfilingIntervalInMilliseconds": interval_ms, **config}
    files = {
        "hyperparameters.json": {},
        "resourceconfig.json": {"current_host": "algo-1"},
        "profilerconfig.json": given,
    }
    return {"config_files": files, "hosts": ONE_HOST, "stop_grace_s": 0.1, "step_times": True}


def sent(standin: Standin) -> dict[str, bytes]:
    return {
        key.removeprefix(PREFIX): content
        for (bucket, key), content in list(standin.objects.items())
        if bucket == "profiles"
    }


def events(standin: Standin) -> list[dict[str, Any]]:
    """Every line of every system file. A line that is not whole fails."""
    contents = [content for path, content in sorted(sent(standin).items()) if path.startswith("system/")]
    assert all(content.endswith(b"\n") for content in contents)
    return [json.loads(line) for content in contents for line in content.splitlines()]


def test_what_the_devices_do_is_in_s3_while_the_job_runs(
    sandbox: SandboxKind, launch: Launch, standin: Standin
) -> None:
    agent = launch(**shell(WORK), **profiled())

    until(lambda: len({event["Timestamp"] for event in events(standin)}) > 5, timeout_s=90.0)

    agent.process.send_signal(signal.SIGTERM)
    agent.wait()
    seen = {(event["Type"], event["Name"], event["Dimension"]) for event in events(standin)}
    assert {
        ("memory", "MemoryUsedPercent", ""),
        ("network", "ReceiveBytesPerSecond", "Algorithm"),
        ("cpu", "JobCPUUtilization", ""),
        ("disk", "JobWriteBytesPerSecond", ""),
    } <= seen
    assert {dimension for _, name, dimension in seen if name.startswith("cpu")} == {
        "CPUUtilization",
        "I/OWaitPercentage",
    }
    assert {event["NodeId"] for event in events(standin)} == {"algo-1"}
    busy = [event["Value"] for event in events(standin) if event["Name"] == "JobCPUUtilization"]
    assert max(busy) > 10.0  # one of the host's two cores, on a machine that may be busy with others


def test_a_running_host_does_what_an_update_of_the_job_says(launch: Launch, standin: Standin) -> None:
    standin.profiler_config = {"ProfilingIntervalInMilliseconds": 100}
    agent = launch(**shell("exec sleep 60"), **profiled())
    until(lambda: bool(events(standin)), timeout_s=90.0)

    standin.profiler_config = {"ProfilingIntervalInMilliseconds": 100, "DisableProfiler": True}
    until(lambda: standin.calls[-2:] == ["ProfilerConfig", "ProfilerConfig"], timeout_s=90.0)
    while_off = len(events(standin))
    asked = standin.calls.count("ProfilerConfig")
    until(lambda: standin.calls.count("ProfilerConfig") > asked + 1, timeout_s=90.0)
    still_off = len(events(standin))
    standin.profiler_config = {"ProfilingIntervalInMilliseconds": 100}
    until(lambda: len(events(standin)) > still_off, timeout_s=90.0)

    assert still_off == while_off
    agent.process.send_signal(signal.SIGTERM)
    agent.wait()


def test_step_times_are_sent_once_and_removed(launch: Launch, standin: Standin) -> None:
    script = (
        "cd $CLARY_STEP_TIMES; mkdir -p framework/pevents/2026112304; "
        f"echo '[]' > half.tmp; mv half.tmp {STEPS}; echo half > framework/other.tmp; "
        f"while [ -e {STEPS} ]; do sleep 0.02; done; ls framework/pevents/2026112304"
    )
    launch(**shell(script), **profiled()).wait()

    assert sent(standin)[STEPS] == b"[]\n"
    assert standin.calls.count(f"PUT /profiles/{PREFIX}{STEPS}") == 1
    assert not [path for path in sent(standin) if path.endswith(".tmp")]


def test_what_else_a_script_leaves_there_is_sent_too_but_never_over_the_hosts_own(
    launch: Launch, standin: Standin
) -> None:
    script = "cd $CLARY_STEP_TIMES; mkdir -p system mine; echo no > system/x.json; echo yes > mine/trace.json"
    launch(**shell(script), **profiled()).wait()

    assert sent(standin)["mine/trace.json"] == b"yes\n"
    assert "system/x.json" not in sent(standin)


@pytest.mark.parametrize("config", [{"DisableProfiler": True}, None])
def test_nothing_is_recorded_where_the_profiler_is_off(
    config: dict[str, Any] | None, launch: Launch, standin: Standin
) -> None:
    changes = profiled() if config is None else profiled(**config)
    if config is None:
        del changes["config_files"]["profilerconfig.json"]
    launch(**shell("echo steps: $CLARY_STEP_TIMES."), **changes).wait()

    assert sent(standin) == {}
    assert standin.lines == ["steps: ."]


def test_a_job_that_asks_for_no_step_times_has_nothing_loaded_into_it(
    launch: Launch, standin: Standin
) -> None:
    changes = {**profiled(), "step_times": False}
    launch(**shell("echo steps: $CLARY_STEP_TIMES."), **changes).wait()

    assert standin.lines == ["steps: ."]


def test_a_profile_that_can_not_be_uploaded_is_said_once_and_costs_nothing_else(
    launch: Launch, standin: Standin
) -> None:
    standin.denied = _Beginning("system/", "mine/")
    script = (
        "cd $SAGEMAKER_BASE_DIR; mkdir -p output/profiler/mine; touch output/profiler/mine/x; echo > model/m"
    )
    exit_ = launch(**shell(script), **profiled()).wait()

    assert exit_["Outcome"] == "Succeeded"
    said = [line for line in standin.lines if line.startswith("Clary: the profile is not uploaded for now")]
    assert len(said) == 1
    assert "s3:PutObject" in said[0]
    assert ("out", "job/output/model.tar.gz") in standin.objects


def test_a_killed_agent_leaves_files_of_whole_lines(launch: Launch, standin: Standin) -> None:
    agent = launch(**shell(WORK), **profiled())
    until(lambda: bool(events(standin)), timeout_s=90.0)

    agent.process.kill()
    agent.process.wait()

    assert events(standin)


class _Beginning(set[str]):
    """Keys of the profile that begin so."""

    def __init__(self, *beginnings: str) -> None:
        super().__init__()
        self._beginnings = tuple(PREFIX + beginning for beginning in beginnings)

    def __contains__(self, key: object) -> bool:
        return str(key).startswith(self._beginnings)
