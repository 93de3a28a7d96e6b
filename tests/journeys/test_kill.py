"""The server, an agent or the user's process is killed: jobs continue, or fail with a reason."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server, wait_for

pytestmark = pytest.mark.kill

KILLS = 50
LINES = 40


def test_jobs_complete_with_every_line_though_the_server_is_killed_50_times(
    own: Server, own_jobs: Jobs
) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    names = [count(own_jobs, seconds=1 + number % 4) for number in range(6)]
    for number in range(KILLS):
        time.sleep(moments.uniform(0.0, 0.6))
        own.kill()
        own.start()
        # At the next kill some jobs run, some wait, and some were just created.
        if number % 6 == 0:
            names.append(count(own_jobs, seconds=4))

    ended = {name: own_jobs.wait(name) for name in names}

    wanted = [f"line {number} loss={1 / (number + 1):.4f}" for number in range(LINES)]
    for name, job in ended.items():
        assert job["TrainingJobStatus"] == "Completed", f"seed {seed}: {name}: {job.get('FailureReason')}"
        assert own_jobs.log(name) == wanted, f"seed {seed}: {name}"
        assert [round(metric["Value"], 4) for metric in job["FinalMetricDataList"]] == [1 / LINES]
    wait_for(lambda: not list(own.home.glob("hosts/*")), "what the hosts left behind to be cleared away")


def test_a_job_whose_agent_is_killed_fails_and_says_so(own: Server, own_jobs: Jobs) -> None:
    name = own_jobs.create("ending.py", hyperparameters={"how": "late"})
    wait_for(lambda: own_jobs.log(name), "the script to have begun")

    os.kill(agent_pid(own, name), signal.SIGKILL)
    job = own_jobs.wait(name)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError")
    assert not processes_of(name)


def test_a_job_whose_agent_is_killed_starts_again_where_it_asked_for_that(
    own: Server, own_jobs: Jobs
) -> None:
    name = own_jobs.create(
        "counting.py",
        name=unique_name("again"),
        hyperparameters={"lines": 20, "seconds": 6},
        RetryStrategy={"MaximumRetryAttempts": 1},
    )
    wait_for(lambda: own_jobs.log(name), "the script to have begun")

    os.kill(agent_pid(own, name), signal.SIGKILL)
    job = own_jobs.wait(name)

    assert job["TrainingJobStatus"] == "Completed"
    assert "Restarting" in [step["Status"] for step in job["SecondaryStatusTransitions"]]


def test_a_killed_user_process_is_told_as_killed(own: Server, own_jobs: Jobs) -> None:
    name = own_jobs.create("ending.py", hyperparameters={"how": "late"})
    wait_for(lambda: own_jobs.log(name), "the script to have begun")
    scripts = [pid for pid in processes_of(name) if b"ending.py" in command_of(pid)]

    assert scripts
    for pid in scripts:
        os.kill(pid, signal.SIGKILL)
    job = own_jobs.wait(name)

    assert job["TrainingJobStatus"] == "Failed"
    assert "SIGKILL" in job["FailureReason"]


def test_a_job_stopped_while_the_server_was_away_is_stopped(own: Server, own_jobs: Jobs) -> None:
    name = own_jobs.create("ending.py", hyperparameters={"how": "late"})
    wait_for(lambda: own_jobs.log(name), "the script to have begun")

    own_jobs.clients("sagemaker").stop_training_job(TrainingJobName=name)
    own.kill()
    own.start()

    assert own_jobs.wait(name)["TrainingJobStatus"] == "Stopped"


def count(jobs: Jobs, *, seconds: float) -> str:
    return jobs.create(
        "counting.py",
        hyperparameters={"lines": LINES, "seconds": seconds},
        metrics={"loss": "loss=([0-9.]+)"},
    )


def agent_pid(server: Server, job: str) -> int:
    return int(next(server.home.glob(f"hosts/{job}-*/agent.pid")).read_text())


def processes_of(job: str) -> list[int]:
    """Returns every process with the job's name among its variables: the processes of its hosts."""
    wanted = f"TRAINING_JOB_NAME={job}\0".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
