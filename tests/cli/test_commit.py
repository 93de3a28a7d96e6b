from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from clary.cli.commit import commit_tags


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "train.py").write_text("print(1)\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_a_source_in_a_repository_has_its_commit(repository: Path) -> None:
    assert commit_tags(repository) == {"git:commit": git(repository, "rev-parse", "HEAD")}


def test_what_is_not_committed_is_said(repository: Path) -> None:
    (repository / "train.py").write_text("print(2)\n")

    assert commit_tags(repository)["git:changes"] == "uncommitted"


def test_a_token_in_the_address_of_the_repository_is_not_kept(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://ann:secret@example.com/team/digits.git")

    assert commit_tags(repository)["git:repository"] == "https://example.com/team/digits.git"


def test_a_folder_without_a_repository_or_a_commit_has_none(tmp_path: Path) -> None:
    assert commit_tags(tmp_path) == {}
    git(tmp_path, "init", "-q")
    assert commit_tags(tmp_path) == {}
