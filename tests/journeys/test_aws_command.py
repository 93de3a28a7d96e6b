"""The aws command: all of ``aws s3``, and one call of each other service."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import LOG_GROUP, Jobs
from tests.journeys.server import Clients

ODD_NAMES = (
    "plain.txt",
    "with space.txt",
    "plus+percent%41.txt",
    "über.txt",
    "a&b=c;d'e.txt",
    "deep/er/file.txt",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files with odd names, each with its name as content."""
    root = tmp_path_factory.mktemp("files")
    for name in ODD_NAMES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


@pytest.fixture(scope="module")
def made(v2: Client) -> str:
    """A bucket for the aws command."""
    v2.command("aws", "s3", "mb", "s3://command-line")
    return "command-line"


def files(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_copies_go_there_and_back(v2: Client, made: str, folder: Path, tmp_path: Path) -> None:
    v2.command("aws", "s3", "cp", "--recursive", folder, f"s3://{made}/copied/")
    v2.command("aws", "s3", "cp", "--recursive", f"s3://{made}/copied/", tmp_path)

    assert files(tmp_path) == {name: name for name in ODD_NAMES}


def test_sync_sends_only_what_changed_and_deletes_what_went(
    v2: Client, made: str, folder: Path, tmp_path: Path
) -> None:
    first = v2.command("aws", "s3", "sync", folder, f"s3://{made}/synced")
    again = v2.command("aws", "s3", "sync", folder, f"s3://{made}/synced")
    v2.command("aws", "s3", "rm", f"s3://{made}/synced/plain.txt")
    back = v2.command("aws", "s3", "sync", "--delete", f"s3://{made}/synced", tmp_path)
    (tmp_path / "extra.txt").write_text("extra")
    removed = v2.command("aws", "s3", "sync", "--delete", f"s3://{made}/synced", tmp_path)

    assert first.count("upload:") == len(ODD_NAMES)
    assert again.strip() == ""
    assert back.count("download:") == len(ODD_NAMES) - 1
    assert "delete:" in removed
    assert files(tmp_path) == {name: name for name in ODD_NAMES if name != "plain.txt"}


def test_ls_shows_buckets_folders_and_sizes(v2: Client, made: str, folder: Path) -> None:
    v2.command("aws", "s3", "cp", "--recursive", folder, f"s3://{made}/listed/")

    assert made in v2.command("aws", "s3", "ls")
    assert "PRE deep/" in v2.command("aws", "s3", "ls", f"s3://{made}/listed/")
    everything = v2.command("aws", "s3", "ls", "--recursive", "--summarize", f"s3://{made}/listed/")
    assert f"Total Objects: {len(ODD_NAMES)}" in everything
    assert re.search(r"\b9 listed/plain\.txt", everything)


def test_moving_and_removing(v2: Client, made: str, folder: Path) -> None:
    v2.command("aws", "s3", "cp", folder / "plain.txt", f"s3://{made}/moved/a.txt")
    v2.command("aws", "s3", "mv", f"s3://{made}/moved/a.txt", f"s3://{made}/moved/b.txt")
    listed = v2.command("aws", "s3", "ls", f"s3://{made}/moved/")
    v2.command("aws", "s3", "rm", "--recursive", f"s3://{made}/moved/")

    assert "b.txt" in listed
    assert "a.txt" not in listed
    assert v2.command(
        "aws", "s3api", "list-objects-v2", "--bucket", made, "--prefix", "moved/", "--query", "KeyCount"
    )[0] in ("0", "n")


def test_a_stream_goes_there_and_back(v2: Client, made: str) -> None:
    said = v2.command(
        "sh", "-c", f"printf streamed | aws s3 cp - s3://{made}/stream && aws s3 cp s3://{made}/stream -"
    )

    assert said == "streamed"


def test_presigned_urls_need_nothing_else(v2: Client, made: str, folder: Path) -> None:
    v2.command("aws", "s3", "cp", folder / "über.txt", f"s3://{made}/über.txt")

    url = v2.command("aws", "s3", "presign", f"s3://{made}/über.txt").strip()

    with urllib.request.urlopen(url, timeout=60) as response:
        assert response.read().decode() == "über.txt"


def test_a_bucket_is_removed_when_it_is_empty_or_by_force(v2: Client, folder: Path) -> None:
    v2.command("aws", "s3", "mb", "s3://short-lived")
    v2.command("aws", "s3", "cp", folder / "plain.txt", "s3://short-lived/")
    with pytest.raises(AssertionError) as refused:
        v2.command("aws", "s3", "rb", "s3://short-lived")
    v2.command("aws", "s3", "rb", "--force", "s3://short-lived")

    assert "BucketNotEmpty" in str(refused.value)
    assert "short-lived" not in v2.command("aws", "s3", "ls")


def test_logs_of_a_job_are_read(v2: Client, jobs: Jobs) -> None:
    name = jobs.run("counting.py", hyperparameters={"lines": 3})["TrainingJobName"]

    streams = json.loads(
        v2.command(
            "aws",
            "logs",
            "describe-log-streams",
            "--log-group-name",
            LOG_GROUP,
            "--log-stream-name-prefix",
            name,
        )
    )["logStreams"]
    events = json.loads(
        v2.command(
            "aws", "logs", "get-log-events", "--log-group-name", LOG_GROUP,
            "--log-stream-name", streams[0]["logStreamName"], "--start-from-head",
        )
    )["events"]  # fmt: skip

    assert [event["message"].split(" loss")[0] for event in events] == ["line 0", "line 1", "line 2"]


def test_sts_and_iam_know_the_caller(v2: Client, clients: Clients) -> None:
    identity = json.loads(v2.command("aws", "sts", "get-caller-identity"))
    role = json.loads(v2.command("aws", "iam", "get-role", "--role-name", "ClaryExecutionRole"))["Role"]

    assert identity["Arn"].startswith("arn:aws:sts::111122223333:assumed-role/ClaryExecutionRole/")
    assert identity["Arn"] == clients("sts").get_caller_identity()["Arn"]
    assert role["AssumeRolePolicyDocument"]["Statement"]


def test_training_jobs_are_listed(v2: Client, jobs: Jobs) -> None:
    name = jobs.run("counting.py")["TrainingJobName"]

    listed = v2.command(
        "aws", "sagemaker", "list-training-jobs", "--name-contains", name, "--query",
        "TrainingJobSummaries[].TrainingJobStatus", "--output", "text",
    )  # fmt: skip

    assert listed.strip() == "Completed"


def test_nothing_was_written_to_the_users_aws_folder(v2: Client, made: str) -> None:
    home = Path(v2.environ["HOME"])

    written = (
        [path for path in (home / ".aws").rglob("*") if path.is_file()] if (home / ".aws").exists() else []
    )
    # The command writes only its cache there: no configuration and no credentials.
    assert not [path for path in written if path.name in ("config", "credentials")]
