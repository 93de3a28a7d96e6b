from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest
import typer

from clary.cli.names import job_name
from clary.cli.train import _channel, _script_arguments, _source, _without_noise


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


def test_a_channel_is_a_name_and_a_place(tmp_path: Path) -> None:
    assert _channel("training=s3://bucket/data") == ("training", "s3://bucket/data")
    assert _channel(f"training={tmp_path}") == ("training", str(tmp_path))


@pytest.mark.parametrize("spec", ["training", "=./data", "training=", "training=./not-there"])
def test_a_channel_that_is_not_one_ends_the_command(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        _channel(spec)
    assert spec in capsys.readouterr().err


def test_a_script_is_sent_alone_and_a_folder_whole(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.touch()

    assert _source(script, None) == (tmp_path, "train.py")
    assert _source(Path("train.py"), tmp_path) == (tmp_path, "train.py")


def test_noise_stays_at_home() -> None:
    assert _without_noise(tarfile.TarInfo("src/__pycache__")) is None
    assert _without_noise(tarfile.TarInfo("src/model.py")) is not None


@pytest.mark.parametrize("base", ["train", "my script.v2", "---", "x" * 200, "ünï"])
def test_a_made_name_fits_the_model(base: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", job_name(base))
