from __future__ import annotations

import re

import pytest

from clary.cli.names import job_name
from clary.cli.train import _script_arguments


@pytest.mark.parametrize(
    ("arguments", "hyperparameters"),
    [
        ([], {}),
        (["--epochs", "3", "--lr=0.1"], {"epochs": "3", "lr": "0.1"}),
        (["--name", "two words", "--empty="], {"name": "two words", "empty": ""}),
        (["--offset", "-1"], {"offset": "-1"}),
    ],
)
def test_named_arguments_become_hyperparameters(
    arguments: list[str], hyperparameters: dict[str, str]
) -> None:
    assert _script_arguments(arguments) == (hyperparameters, [])


@pytest.mark.parametrize(
    "arguments",
    [["--verbose"], ["--verbose", "--epochs", "3"], ["file.csv"], ["--x", "1", "--x", "2"], ["-e", "3"]],
)
def test_what_hyperparameters_can_t_spell_goes_to_the_letter(arguments: list[str]) -> None:
    assert _script_arguments(arguments) == ({}, arguments)


@pytest.mark.parametrize("base", ["train", "my script.v2", "---", "x" * 200, "ünï"])
def test_a_made_name_fits_the_model(base: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", job_name(base))
