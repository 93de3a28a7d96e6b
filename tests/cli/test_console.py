"""What is printed while a spinner is shown, as a user sees it in a terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.screen import Seen, run_in_terminal

LOG = """
import time, typer
from clary.cli.console import fail, print_lines, say, spinner

LONG = " long" * 30

def main() -> None:
    with spinner("digits: Starting") as tell:
        for number in range(60):
            print_lines([f"epoch {number:2d} loss 0.{number:03d} " + "x" * WIDE])
            if number % 20 == 0:
                tell("digits: Training - Training image download completed. Training in progress." + LONG)
                time.sleep(0.15)
        say("half of it is done")
        print_lines(["\\x1b[31mred\\x1b[0m", "\\x1b[2J\\x1b[H\\x1b]0;title\\x07gone", " 50%\\r100%"])
        print_lines(["[bold] :smile: 1.5"])
        END

typer.run(main)
"""


def seen(columns: int, *, wide: int = 0, end: str = "pass") -> Seen:
    program = LOG.replace("WIDE", str(wide)).replace("END", end)
    return run_in_terminal([sys.executable, "-c", program], columns, os.environ)


@pytest.mark.parametrize("columns", [80, 130])
def test_every_line_stays_on_the_screen_above_a_spinner(columns: int) -> None:
    ended = seen(columns)

    expected = [f"epoch {number:2d} loss 0.{number:03d}" for number in range(60)]
    assert ended.lines[:60] == expected
    assert ended.lines[60:] == ["half of it is done", "red", "gone", "100%", "[bold] :smile: 1.5"]
    assert any("digits: Training - Training image download" in frame for frame in ended.frames)


def test_a_line_that_is_wider_than_the_terminal_is_not_cut() -> None:
    ended = seen(80, wide=200)

    assert "".join(ended.lines).count("x") == 60 * 200


@pytest.mark.parametrize("columns", [40, 80])
def test_a_spinner_takes_one_line_however_long_its_message_is(columns: int) -> None:
    ended = seen(columns)

    assert any(frame.endswith("…") for frame in ended.frames)
    assert "long" not in "".join(ended.lines)


def test_a_failure_is_told_below_the_log() -> None:
    ended = seen(80, end="fail('digits failed: ValueError: ' + 'why ' * 30, 7)")

    assert ended.code == 7
    assert ended.lines[65].startswith("clary: digits failed: ValueError: why")
    assert "".join(ended.lines[65:]).count("why") == 30


def test_a_pipe_gets_the_lines_as_they_are_and_each_state_once() -> None:
    program = LOG.replace("WIDE", "300").replace("END", "tell('digits: Uploading - model')")

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout.splitlines()[:60] == [f"epoch {n:2d} loss 0.{n:03d} " + "x" * 300 for n in range(60)]
    assert "\x1b[31mred" in ended.stdout
    assert ended.stderr.splitlines() == [
        "digits: Starting",
        "digits: Training",
        "half of it is done",
        "digits: Uploading",
    ]
