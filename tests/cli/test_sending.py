from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import typer

from clary.cli.sending import _filtered, channel_to_send, source_to_send


def test_a_channel_is_a_name_and_a_place(tmp_path: Path) -> None:
    assert channel_to_send("training=s3://bucket/data") == ("training", "s3://bucket/data")
    assert channel_to_send(f"training={tmp_path}") == ("training", str(tmp_path))


@pytest.mark.parametrize("spec", ["training", "=./data", "training=", "training=./not-there"])
def test_a_channel_that_is_not_one_ends_the_command(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        channel_to_send(spec)
    assert spec in capsys.readouterr().err


def test_a_script_is_sent_alone_and_a_folder_whole(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.touch()

    assert source_to_send(script, None) == (tmp_path, "train.py")
    assert source_to_send(Path("train.py"), tmp_path) == (tmp_path, "train.py")


def test_noise_stays_at_home() -> None:
    assert _filtered(tarfile.TarInfo("src/__pycache__")) is None
    assert _filtered(tarfile.TarInfo("src/model.py")) is not None
