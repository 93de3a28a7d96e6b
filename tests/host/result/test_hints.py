from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.host.conftest import RunningAgent
from tests.host.inputs.test_source import script, upload
from tests.host.standin import Standin

from clary.host.result.hints import hint, with_hint


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            "ModuleNotFoundError: No module named 'helpers'",
            "if helpers is a file or folder beside your script",
        ),
        ("ModuleNotFoundError: No module named 'helpers.io'; 'helpers' is not a package", "if helpers is"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/home/ada/d.csv'",
            "such as /home/ada/d.csv",
        ),
        (
            "ErrorMessage \"FileNotFoundError: [Errno 2] No such file: '/Users/ada/d.csv'\"",
            "/Users/ada/d.csv.",
        ),
        ("FileNotFoundError: [WinError 3] can't find: 'C:/data/d.csv'", "such as C:/data/d.csv"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/input/data/x'", None),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data.csv'", None),
        ("ValueError: /home/ada is not a number", None),
        (
            'ErrorMessage "trainn: No such file or directory"',
            "trainn is not a program that this image can run",
        ),
        ('ErrorMessage "cat: data: No such file or directory"', None),
    ],
)
def test_first_traps_have_a_hint(error: str, words: str | None) -> None:
    said = hint(error)

    assert (words in said) if words else said == ""


def test_a_hint_is_whole_however_long_the_reason_is() -> None:
    reason = with_hint("ModuleNotFoundError: No module named 'helpers'" + " x" * 1000, 1024)

    assert len(reason) == 1024
    assert reason.endswith("name it in a requirements.txt there.")


def test_the_reason_of_a_job_ends_with_the_hint(
    launch: Callable[..., RunningAgent], standin: Standin
) -> None:
    upload(standin, train__py="import helpers")

    launch(**script()).wait()

    lines = standin.reports[-1]["Reason"].splitlines()
    assert lines[2] == "ErrorMessage \"ModuleNotFoundError: No module named 'helpers'\""
    assert lines[-1].startswith("Hint: if helpers is a file or folder beside your script, send its folder")
