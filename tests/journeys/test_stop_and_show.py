"""``clary stop`` and ``clary show``: who stopped a job and why, and the exit codes."""

from __future__ import annotations

import json
import subprocess

from tests.journeys.clients import clean_environ
from tests.journeys.jobs import TRAINING, Jobs, unique_name
from tests.journeys.server import CLARY, Clients, Server
from tests.journeys.terminal import on_screen

ENDLESS = {"lines": 600, "seconds": 60}


def fields(server: Server, job: str) -> dict[str, str]:
    """Returns the fields of ``clary show`` by title; of a list, the first."""
    _, *lines = server.command("show", job).stdout.splitlines()
    said = [line.split(maxsplit=1) for line in lines if not line.startswith("    ")]
    return {title: text for title, text in said}


def test_a_person_who_stops_a_job_is_named(server: Server, clients: Clients, jobs: Jobs) -> None:
    name = jobs.create("counting.py", hyperparameters=ENDLESS)
    jobs.wait(name, until=("Training",))

    said = server.command("stop", name, "--wait").stderr
    followed = server.command("logs", "-f", name, expect=3)
    shown = fields(server, name)

    assert said.splitlines()[-1] == f"{name}: Stopped"
    assert f"{name} was stopped: root asked" in followed.stderr
    assert shown["training"].startswith("Stopped after")
    assert shown["why"] == "root asked"
    other = jobs.create("counting.py", hyperparameters=ENDLESS)
    clients("sagemaker").stop_training_job(TrainingJobName=other)
    jobs.wait(other)
    assert fields(server, other)["why"] == "role ClaryExecutionRole (session clary-env) asked"
    assert not any(member.startswith("_") for member in jobs.describe(other))


def test_a_limit_that_was_over_is_named_and_a_shell_does_not_go_on(server: Server, jobs: Jobs) -> None:
    name = jobs.create("counting.py", hyperparameters=ENDLESS, max_run_s=1)

    server.command("logs", "-f", name, expect=3)

    assert fields(server, name)["why"] == "it ran longer than its MaxRuntimeInSeconds (1 s)"


def test_a_failure_is_shown_with_its_reason_and_its_last_lines(server: Server, jobs: Jobs) -> None:
    name = jobs.run("ending.py", hyperparameters={"how": "raise"}, expect="Failed")["TrainingJobName"]

    lines = on_screen(server, 80, "show", name).lines

    assert lines[0] == name
    assert lines[1].split()[:2] == ["training", "Failed"]
    assert "the learning rate must not be 42" in " ".join("\n".join(lines).partition("log")[0].split())
    log = "\n".join(lines).partition("\n  log")[2]
    assert "ValueError: the learning rate must not be 42" in log
    assert json.loads(server.command("show", name, "--json").stdout)["TrainingJobStatus"] == "Failed"
    for command in ("show", "logs", "metrics", "stop", "rules"):
        assert f"did you mean {name}" in server.command(command, f"{name}x", expect=1).stderr
    server.command("logs", "-f", name, expect=1)


def test_what_can_not_be_stopped_is_said_and_the_others_are(server: Server, jobs: Jobs) -> None:
    ended = jobs.run("counting.py", hyperparameters={"lines": 1})["TrainingJobName"]
    running = jobs.create("counting.py", hyperparameters=ENDLESS)

    said = server.command("stop", "nobody", ended, running, "--wait", expect=1).stderr

    assert "nobody: Requested resource not found" in said
    assert f"{ended}: The request was rejected because the training job is in status Completed" in said
    assert f"{running}: Stopped" in said


def test_a_deployment_after_a_stopped_training_does_not_happen(server: Server, jobs: Jobs) -> None:
    name = unique_name("shell")
    train = f"{CLARY} train counting.py --image python --name {name} --max-run 1 -- --seconds 60"

    ended = subprocess.run(
        ["sh", "-c", f"{train} && echo deployed"],
        cwd=TRAINING,
        env={**clean_environ(server.user_home), "CLARY_HOME": str(server.home)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert "deployed" not in ended.stdout
    assert ended.returncode == 3
