"""The clary command: jobs without the SDK, and its effect on a shell."""

from __future__ import annotations

import json
import os
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.journeys.clients import client_prefix
from tests.journeys.jobs import TRAINING, Jobs, unique_name
from tests.journeys.server import CLARY, Server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's project: a script, data, and more."""
    for name in ("flagged.py", "counting.py", "ending.py", "objective.py"):
        (tmp_path / name).write_bytes((TRAINING / name).read_bytes())
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "a.csv").write_text("1,2")
    (tmp_path / "data" / "deep" / "b c.csv").write_text("3,4")
    return tmp_path


def test_train_runs_a_script_with_data_and_arguments(server: Server, jobs: Jobs, folder: Path) -> None:
    name = unique_name("trained")

    server.command(
        "train", "flagged.py", "--image", "python:3.11",
        "--input", "training=./data", "--input", "one=data/a.csv", "--name", name, "--",
        "--epochs", "3", "--rate=0.5", cwd=folder,
    )  # fmt: skip

    said = jobs.printed(name)
    assert said["channels"] == {"training": ["a.csv", "deep/b c.csv"], "one": ["a.csv"]}
    assert sorted(said["arguments"]) == sorted(["--epochs", "3", "--rate", "0.5"])


def test_arguments_that_are_no_pairs_arrive_to_the_letter(server: Server, jobs: Jobs, folder: Path) -> None:
    name = unique_name("flags")
    arguments = ["fit", "--verbose", "-n", "3", "--tag", "a", "--tag", "b", "--text", "two words; $HOME"]

    server.command("train", "flagged.py", "--image", "python", "--name", name, "--", *arguments, cwd=folder)

    assert jobs.printed(name)["arguments"] == arguments


def test_train_prints_the_scripts_lines_and_where_the_model_is(server: Server, folder: Path) -> None:
    ended = server.command("train", "counting.py", "--image", "python", "--", "--lines", "4", cwd=folder)

    assert [line.split(" loss")[0] for line in ended.stdout.splitlines()] == [f"line {n}" for n in range(4)]
    assert "Completed" in ended.stderr
    assert "s3://" in ended.stderr


def test_train_ends_with_an_error_when_the_script_does(server: Server, folder: Path) -> None:
    ended = server.command(
        "train", "ending.py", "--image", "python", "--", "--how", "raise", cwd=folder, expect=1
    )

    assert "ValueError: the learning rate must not be 42" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such.py", "--image", "python"], "no_such.py"),
        (["counting.py", "--image", "no-such-image"], "pytorch"),
        (["counting.py", "--image", "python", "--input", "train=./nowhere"], "nowhere"),
        (["counting.py", "--image", "python", "--input", "nonsense"], "CHANNEL="),
        (["counting.py", "--image", "python", "--instance-type", "ml.huge"], "ml.huge"),
        (["counting.py", "--image", "python", "--role", "Nobody"], "Nobody"),
    ],
)
def test_a_wish_that_can_not_be_granted_is_named(
    server: Server, folder: Path, arguments: list[str], said: str
) -> None:
    refused = server.command("train", *arguments, cwd=folder, expect=1)

    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_jobs_are_listed_followed_and_run_again(server: Server, jobs: Jobs, folder: Path) -> None:
    name = unique_name("detached")
    server.command(
        "train", "counting.py", "--image", "python", "--name", name, "--detach", "--", "--lines", "6",
        "--seconds", "2", cwd=folder,
    )  # fmt: skip

    followed = server.command("logs", "-f", name)
    again = server.command("rerun", name, "--name", f"{name}-again", "-f")
    listed = server.command("jobs", "--contains", name)

    lines = [f"line {number}" for number in range(6)]
    assert [line.split(" loss")[0] for line in followed.stdout.splitlines()] == lines
    assert jobs.log(f"{name}-again") == jobs.log(name)
    assert f"{name}-again" in again.stdout
    assert listed.stdout.count("Completed") == 2


def test_what_is_listed_is_there_for_scripts_too(server: Server, jobs: Jobs) -> None:
    name = jobs.run("counting.py", hyperparameters={"lines": 1})["TrainingJobName"]

    (listed,) = json.loads(server.command("jobs", "--contains", name, "--json").stdout)
    images = json.loads(server.command("images", "list", "--json").stdout)

    assert (listed["Name"], listed["Kind"], listed["Status"]) == (name, "training", "Completed")
    assert listed["Instances"] == ["1 x ml.m5.large"]
    assert listed["Ran"].startswith("python 3.11")
    assert "pytorch" in [each["Short"] for each in images["Images"]]
    packages = server.command("show", name, "--packages").stdout.splitlines()
    assert any(package.startswith("boto3==") for package in packages)
    component = jobs.clients("sagemaker").describe_trial_component(
        TrialComponentName=f"{name}-aws-training-job"
    )
    assert component["MetadataProperties"]["GeneratedBy"] == listed["Ran"]
    assert f"ran  {listed['Ran']}" in server.command("trace", name).stdout


def test_an_unknown_job_is_told_in_a_sentence(server: Server) -> None:
    for command in ("logs", "rerun"):
        refused = server.command(command, "nobody", expect=1)
        assert "nobody" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_doctor_proves_that_sts_reaches_clary_from_the_clients_python(server: Server) -> None:
    for client in ("v2", "v3"):
        said = server.command("doctor", "--python", client_prefix(client) / "bin" / "python").stdout
        assert "assumed-role/ClaryExecutionRole/" in said
        assert "FAIL" not in said


def test_env_does_not_pile_up(server: Server) -> None:
    script = 'eval "$(clary env)"; eval "$(clary env)"; env -0'
    environ = {
        "PATH": f"{Path(CLARY).parent}:{os.environ['PATH']}",
        "HOME": str(server.user_home),
        "CLARY_HOME": str(server.home),
        "AWS_PROFILE": "left-over",
        "NO_PROXY": "internal",
        "PYTHONPATH": "/mine",
    }

    said = subprocess.run(
        ["sh", "-c", script], env=environ, capture_output=True, text=True, check=True
    ).stdout

    found = dict(entry.split("=", 1) for entry in said.split("\0") if entry)
    assert "AWS_PROFILE" not in found
    assert found["AWS_ENDPOINT_URL"] == server.url
    for name, kept in (("PYTHONPATH", "/mine"), ("NO_PROXY", "internal")):
        entries = found[name].replace(",", ":").split(":")
        assert kept in entries
        assert len(entries) == len(set(entries))


def test_env_answers_in_json_too(server: Server) -> None:
    said = json.loads(server.command("env", "--shell", "json").stdout)

    assert said["set"]["AWS_ENDPOINT_URL"] == server.url
    assert "AWS_PROFILE" in said["unset"]


def test_up_on_a_running_server_says_where_it_is(server: Server) -> None:
    assert server.url in server.command("up", "-d").stderr


def test_a_user_is_made_who_signs_in_to_studio(server: Server) -> None:
    made = server.command("users", "add", "eve", "--policy", "AmazonSageMakerReadOnly", "--generate")

    assert sign_in(server, UserName="eve", Password=made.stdout.strip())[0] == 200
    (line,) = [row for row in server.command("users", "list").stdout.splitlines() if "eve" in row]
    assert line.split() == ["eve", "yes", "AmazonSageMakerReadOnly"]

    changed = server.command("users", "password", "eve", "--generate")
    assert sign_in(server, UserName="eve", Password=made.stdout.strip())[0] == 401
    assert sign_in(server, UserName="eve", Password=changed.stdout.strip())[0] == 200

    server.command("users", "remove", "eve")
    assert sign_in(server, UserName="eve", Password=changed.stdout.strip())[0] == 401


def test_a_user_is_made_wholly_or_not_at_all(server: Server) -> None:
    refused = server.command("users", "add", "mallory", expect=1)  # nothing on standard input
    unknown = server.command("users", "add", "mallory", "--generate", "--policy", "NoSuch", expect=1)
    missing = "arn:aws:iam::111122223333:policy/missing"
    late = server.command("users", "add", "mallory", "--generate", "--policy", missing, expect=1)

    assert "no password on standard input" in refused.stderr
    assert "there is no managed policy NoSuch" in unknown.stderr
    assert missing in late.stderr
    assert "mallory" not in server.command("users", "list").stdout


def test_studio_prints_a_link_that_signs_in(server: Server) -> None:
    link = server.command("studio", "--no-open").stdout.strip()
    address, _, token = link.partition("#link=")

    assert address == f"{server.url}/studio/login"
    status, told = sign_in(server, Link=token)
    assert (status, told["Principal"]["Kind"]) == (200, "root")


def sign_in(server: Server, **wanted: str) -> tuple[int, dict[str, Any]]:
    where = urlsplit(server.url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=90)
    try:
        headers = {"Origin": server.url, "Content-Type": "application/json"}
        connection.request("POST", "/studio/api/login", json.dumps(wanted), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_commands_without_a_server_say_how_to_start_one(server: Server, tmp_path: Path) -> None:
    refused = server.command("jobs", "--home", tmp_path / "empty", expect=1)

    assert "clary up" in refused.stderr


def test_nothing_was_written_to_the_users_home(server: Server) -> None:
    server.command("jobs")
    server.command("env")

    assert not (server.user_home / ".aws").exists()
    assert not (server.user_home / ".clary").exists()


def test_tune_shows_each_trial_and_the_best(server: Server, folder: Path) -> None:
    wishes = ("--range", "rate=0.001..1", "--minimize", "loss=loss=([0-9.]+)", "--trials", "3")

    ended = server.command(
        "tune", "objective.py", "--image", "python", "--name", "tuned", *wishes, cwd=folder
    )

    titles, *rows = [line.split() for line in ended.stdout.splitlines()]
    assert titles == ["TRIAL", "STATUS", "loss", "rate"]
    values = [float(row[-2]) for row in rows]
    assert [row[1] for row in rows].count("*") == 1
    assert rows[values.index(min(values))][1] == "*"
    assert f"loss = {min(values):g}" in ended.stderr
    assert "tuned: Completed" in ended.stderr
