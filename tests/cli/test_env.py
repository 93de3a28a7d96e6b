from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clary.cli.commands import app
from clary.cli.env import _joined


@pytest.mark.parametrize(
    ("first", "others", "joined"),
    [
        ("", ["a", "b"], "a:b"),
        ("b", ["a", "b"], "b:a"),
        ("a:b", ["b", ""], "a:b"),
    ],
)
def test_a_list_has_each_entry_once(first: str, others: list[str], joined: str) -> None:
    assert _joined(first, others, ":") == joined


def test_without_a_server_it_says_what_to_do(tmp_path: os.PathLike[str]) -> None:
    ran = CliRunner().invoke(app, ["env", "--home", str(tmp_path)])

    assert ran.exit_code == 1
    assert "clary up -d" in ran.stderr


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["up"],
        ["down"],
        ["env"],
        ["demo"],
        ["train"],
        ["jobs"],
        ["logs"],
        ["rerun"],
        ["trace"],
        ["experiments", "compare"],
        ["images", "list"],
        ["doctor"],
        ["show"],
        ["stop"],
        ["metrics"],
        ["rules"],
    ],
)
def test_every_command_has_help(command: list[str]) -> None:
    ran = CliRunner().invoke(app, [*command, "--help"])

    assert ran.exit_code == 0
    assert "Usage" in ran.stdout


def test_the_command_starts_without_the_server_s_libraries() -> None:
    """``clary --help`` is quick because each command imports what it needs when it runs."""
    import sys

    script = (
        "import sys, clary.cli.commands; heavy = ('botocore', 'sqlalchemy', 'starlette', 'uvicorn'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_without_a_server_does_not_reach_the_real_aws(tmp_path: Path, shell: str) -> None:
    """Later commands must not use the variables of an earlier ``eval``, nor the user's own profile."""
    clary = f"{shlex.quote(sys.executable)} -m clary"
    script = (
        "export AWS_PROFILE=mine AWS_SESSION_TOKEN=old; "
        f'eval "$({clary} env --home {tmp_path / "none"})" && echo went on; env -0'
    )

    ran = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=True)

    assert "went on" not in ran.stdout
    assert "clary up -d" in ran.stderr
    left = dict(entry.split("=", 1) for entry in ran.stdout.split("\0") if entry)
    assert left["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:9/")
    assert left["AWS_ACCESS_KEY_ID"] == "clary-is-not-up"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & left.keys()


def test_fish_gets_its_own_words_and_a_failure(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["env", "--shell", "fish", "--home", str(tmp_path)])

    assert ran.exit_code == 1
    assert "set -gx AWS_ENDPOINT_URL http://127.0.0.1:9/clary-is-not-up" in ran.stdout
    assert ran.stdout.endswith("\nfalse\n")
