from __future__ import annotations

import os
import subprocess

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
    ],
)
def test_every_command_has_help(command: list[str]) -> None:
    ran = CliRunner().invoke(app, [*command, "--help"])

    assert ran.exit_code == 0
    assert "Usage" in ran.stdout


def test_the_command_starts_without_the_server_s_libraries() -> None:
    """``clary --help`` is quick because a command's imports are inside it."""
    import sys

    script = (
        "import sys, clary.cli.commands; heavy = ('botocore', 'sqlalchemy', 'starlette', 'uvicorn'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
